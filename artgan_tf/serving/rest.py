"""TF Serving's REST interface: everything under /v1/."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from artgan_tf.serving import json_answers, json_tensors, json_text, metadata
from artgan_tf.serving.batching import Batcher
from artgan_tf.serving.json_tensors import Arrays
from artgan_tf.serving.json_values import cut
from artgan_tf.serving.monitoring import Monitoring
from artgan_tf.serving.refusals import Refused
from artgan_tf.serving.servable import Servable
from artgan_tf.serving.versions import Versions

JSON = "application/json"

_MODEL = r"/v1/models/([^/:]+)(?:/versions/([0-9]+)|/labels/([^/:]+))?"
_VERB = re.compile(rf"{_MODEL}:(classify|regress|predict)", re.I)
_STATUS = re.compile(rf"{_MODEL}(/metadata)?", re.I)
_NOTHING = re.compile(r"/v1/models", re.I)
_VERBS = {"classify": "classification", "regress": "regression"}
_SMALL = 16_384  # bytes or elements that are handled faster than handed to a thread

T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """What a request may ask for: bytes of its body, and pictures."""

    body: int = 16 * 2**20
    rows: int = 64


@dataclass
class Seen:
    """What is known of a request by now, for the counts; names that do not exist stay out."""

    model: str = ""
    signature: str = ""


class Rest:
    """The ASGI application under /v1/.

    Args:
        versions: of the model.
        batcher: runs what is asked.
        monitoring: counts it.
        limits: of a request.
    """

    def __init__(
        self, versions: Versions, batcher: Batcher, monitoring: Monitoring, limits: Limits
    ):
        self.versions, self.batcher = versions, batcher
        self.monitoring, self.limits = monitoring, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
        try:
            status, body = 200, await self._answer(request, path)
        except Refused as refused:
            status, body = refused.status, json_answers.error(refused.text)
        except ClientDisconnect:
            return
        await Response(body, status, media_type=JSON)(scope, receive, send)

    async def _answer(self, request: Request, path: str) -> bytes:
        if request.method == "POST" and (asked := _VERB.fullmatch(path)):
            if asked[4].lower() == "predict":
                return await self._counted(request, asked)
            self._find(asked)
            raise Refused(_wrong_verb(asked[4].lower()))
        if request.method == "GET" and (asked := _STATUS.fullmatch(path)):
            return metadata.metadata(self._find(asked)) if asked[4] else self._status(asked)
        if request.method == "GET" and _NOTHING.fullmatch(path):
            raise Refused("Missing model name in request.")
        raise Refused(f"Malformed request: {request.method} {cut(path)}")

    # ---- questions about the model ------------------------------------------------------------
    def _status(self, asked: re.Match[str]) -> bytes:
        name, version = _named(asked)
        states = self.versions.states() if name == self.versions.name else []
        if not states:
            problem = f"Could not find any versions of model {cut(name)}"
            raise Refused(problem, "NOT_FOUND")
        if version is not None:
            states = [(number, state) for number, state in states if number == version]
            if not states:
                raise Refused(f"Could not find version {version} of model {name}", "NOT_FOUND")
        return metadata.status(states)

    def _find(self, asked: re.Match[str]) -> Servable:
        name, version = _named(asked)
        servable = self.versions.get(name, version)
        if servable is None:
            called = (
                f"Latest({cut(name)})" if version is None else f"Specific({cut(name)}, {version})"
            )
            raise Refused(f"Servable not found for request: {called}", "NOT_FOUND")
        return servable

    # ---- predict ------------------------------------------------------------------------------
    async def _counted(self, request: Request, asked: re.Match[str]) -> bytes:
        begun, seen, code = time.perf_counter(), Seen(), "INTERNAL"
        try:
            body = await self._predict(request, asked, seen)
            code = "OK"
            return body
        except Refused as refused:
            code = refused.code
            raise
        except ClientDisconnect:
            code = "CANCELLED"
            raise
        finally:
            seconds = time.perf_counter() - begun
            self.monitoring.request(seen.model, seen.signature, code, seconds)

    async def _predict(self, request: Request, asked: re.Match[str], seen: Seen) -> bytes:
        name, _ = _named(asked)
        seen.model = name if name == self.versions.name else ""
        body = await self._body(request)
        document = await _somewhere(len(body), lambda: json_text.parse(body))
        signature = json_tensors.signature_name(document)
        servable = self._find(asked)
        specs = servable.specs(signature)
        seen.signature = signature or "serving_default"
        row_form = json_tensors.is_row_form(document)
        if row_form:
            self._check_rows(len(document["instances"]))
        arrays = await _somewhere(len(body), lambda: json_tensors.tensors(document, specs))
        self._check_rows(max(array.shape[0] if array.ndim else 0 for array in arrays.values()))
        outputs = await self.batcher.run(servable, signature, arrays)
        return await _somewhere(_size(outputs), lambda: json_answers.answer(outputs, row_form))

    def _check_rows(self, rows: int) -> None:
        if rows > self.limits.rows:
            most = self.limits.rows
            raise Refused(f"{rows} instances are too many: this server takes {most} a request.")

    async def _body(self, request: Request) -> bytes:
        most = self.limits.body
        told = request.headers.get("content-length", "")
        if told.isdecimal() and int(told) > most:
            raise _too_large(most)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise _too_large(most)
        return bytes(body)


def _named(asked: re.Match[str]) -> tuple[str, int | None]:
    """The name and the version that a path asks for."""
    name = unquote(asked[1])
    if asked[3]:
        raise Refused(f"Unrecognized servable version label: {cut(unquote(asked[3]))}")
    if asked[2] is None:
        return name, None
    if len(asked[2]) > 19 or int(asked[2]) >= 2**63:
        raise Refused(f"Failed to convert version: {cut(asked[2])} to numeric.")
    return name, int(asked[2])


def _wrong_verb(verb: str) -> str:
    kind = f"Expected {_VERBS[verb]} signature method_name to be tensorflow/serving/{verb}."
    return f"{kind} Was: tensorflow/serving/predict"


def _too_large(most: int) -> Refused:
    return Refused(f"The request is too large: this server takes {most} bytes.", "TOO_LARGE")


def _size(outputs: Arrays) -> int:
    return sum(array.size for array in outputs.values())


async def _somewhere(size: int, work: Callable[[], T]) -> T:
    """Do a small piece of work here, a large one in a thread, so that others need not wait."""
    return work() if size < _SMALL else await asyncio.to_thread(work)
