"""TF Serving's REST interface: all paths under /v1/."""

import asyncio
import json
import re
import time
from collections.abc import Coroutine
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from artgan_tf.serving import json_tensors, json_text
from artgan_tf.serving.batching import Batcher
from artgan_tf.serving.json_tensors import Arrays
from artgan_tf.serving.limits import Limits, check_pictures, read_body
from artgan_tf.serving.monitoring import Monitoring
from artgan_tf.serving.refusals import Refused, cut
from artgan_tf.serving.servable import Servable
from artgan_tf.serving.versions import Versions

JSON = "application/json"
_SIGNATURES = "type.googleapis.com/tensorflow.serving.SignatureDefMap"

# Any name matches, since it is looked up later; the verb and `metadata` must be lower case.
_MODEL = r"(?i:/v1/models)/([^/:]+)(?:(?i:/versions)/([0-9]{1,4000})|(?i:/labels)/([^/:]+))?"
_VERB = re.compile(rf"{_MODEL}:(classify|regress|predict)")
_STATUS = re.compile(rf"{_MODEL}(/metadata)?")


class Rest:
    """The ASGI application under /v1/.

    Args:
        versions: the served version of the model and the states of all.
        batcher: runs the requests.
        monitoring: records the requests.
        limits: limits on one request.
    """

    def __init__(
        self, versions: Versions, batcher: Batcher, monitoring: Monitoring, limits: Limits
    ):
        self.versions, self.batcher = versions, batcher
        self.monitoring, self.limits = monitoring, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await self._answer(Request(scope, receive))
        await Response(body, media_type=JSON)(scope, receive, send)

    async def _answer(self, request: Request) -> bytes:
        path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1")
        # TF Serving does not support queries, so a path with one must not match.
        path += f"?{request.url.query}" if request.url.query else ""
        if request.method == "POST" and (asked := _VERB.fullmatch(path)):
            return await self._counted(request, asked)
        if request.method == "GET" and (asked := _STATUS.fullmatch(path)):
            return _metadata(self._find(asked)) if asked[4] else self._status(asked)
        if request.method == "OPTIONS" and "origin" in request.headers:
            return b""
        known = request.method in ("GET", "POST", "HEAD", "OPTIONS")
        raise Refused(
            f"There is nothing to {request.method} at {cut(path)}: GET /v1/models/NAME, or POST "
            "/v1/models/NAME:predict.",
            "INVALID_ARGUMENT" if known else "UNIMPLEMENTED",
        )

    # ---- questions about the model ------------------------------------------------------------
    def _status(self, asked: re.Match[str]) -> bytes:
        version = _version(asked)
        states = self.versions.states() if unquote(asked[1]) == self.versions.name else []
        found = [
            {
                "version": str(number),
                "state": state.state,
                "status": {"error_code": state.code, "error_message": state.message},
            }
            for number, state in states
            if version in (None, number)
        ]
        if not found:
            raise _not_found(asked)
        return indented({"model_version_status": found})

    def _find(self, asked: re.Match[str]) -> Servable:
        if asked[3]:
            raise Refused(f"No version is labelled {cut(unquote(asked[3]))}.")
        servable = self.versions.get(unquote(asked[1]), _version(asked))
        if servable is None:
            raise _not_found(asked)
        return servable

    # ---- predict ------------------------------------------------------------------------------
    async def _counted(self, request: Request, asked: re.Match[str]) -> bytes:
        begun, code = time.perf_counter(), "INTERNAL"
        model = self.versions.name if unquote(asked[1]) == self.versions.name else ""
        try:
            body, code = await self._asked(request, asked), "OK"
            return body
        except Refused as refused:
            code = refused.code
            raise
        finally:
            self.monitoring.request(model, code, time.perf_counter() - begun)

    async def _asked(self, request: Request, asked: re.Match[str]) -> bytes:
        document = json_text.parse(await read_body(request, self.limits))
        signature = json_tensors.signature_name(document)
        if asked[4] != "predict":
            json_tensors.listed(document, "examples")
            self._find(asked)
            raise Refused(f"This model has no signature to {asked[4]} with: use :predict.")
        servable = self._find(asked)
        arrays = json_tensors.tensors(document, servable.specs(signature))
        rows = max(len(array) if array.ndim else 0 for array in arrays.values())
        if rows > (most := self.limits.rows):
            raise Refused(f"{rows} instances are too many: this server takes {most} a request.")
        check_pictures(arrays, self.limits.pixels)
        outputs = await _unless_gone(request, self.batcher.run(servable, signature, arrays))
        return json_tensors.answer(outputs, "instances" in document)


async def _unless_gone(request: Request, work: Coroutine[Any, Any, Arrays]) -> Arrays:
    """Return the outputs, or cancel the work and raise Refused once the client disconnects.

    The request's body must have been read: the next message is then the disconnection.
    """
    painting, leaving = asyncio.ensure_future(work), asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait((painting, leaving), return_when=asyncio.FIRST_COMPLETED)
        if painting.done():
            return painting.result()
        raise Refused("The client is gone.", "CANCELLED")
    finally:
        painting.cancel()
        leaving.cancel()


def _version(asked: re.Match[str]) -> int | None:
    """Return the version number in a path, or None; raise Refused if it does not fit 63 bits."""
    number = int(asked[2]) if asked[2] else None
    if number is not None and number >= 2**63:
        raise Refused(f"There is no version {cut(asked[2])}: numbers have 63 bits.")
    return number


def _not_found(asked: re.Match[str]) -> Refused:
    which = f"version {cut(asked[2])}" if asked[2] else "a version"
    text = f"There is no model {cut(unquote(asked[1]))} with {which} that is served."
    return Refused(text, "NOT_FOUND")


def _metadata(servable: Servable) -> bytes:
    """Return a document of the signatures, in protobuf's JSON format of messages."""
    from google.protobuf import json_format

    options = {"preserving_proto_field_name": True, "always_print_fields_with_no_presence": True}
    signatures = {
        name: json_format.MessageToDict(definition, **options)
        for name, definition in servable.definitions.items()
    }
    found = {"@type": _SIGNATURES, "signature_def": signatures}
    spec = {"name": servable.name, "signature_name": "", "version": str(servable.version)}
    return indented({"model_spec": spec, "metadata": {"signature_def": found}})


def indented(document: dict[str, Any]) -> bytes:
    """Encode a document about a model as TF Serving does, with indents of one space."""
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")
