"""The text of a request as a JSON document, read by TF Serving's own parser, RapidJSON.

TF Serving sets it to pass by what follows the document, takes the second half of a surrogate pair
alone, and a number that is a little beyond a double for infinity.  Python's binding has no such
settings, so these are seen to once it complains.
"""

import re
from typing import Any

import rapidjson

from artgan_tf.serving.refusals import Refused

VALUES = 2**20  # commas and brackets of a document: each costs memory, and nobody else is served

_FOLLOWED = re.compile(r"Parse error at offset (\d+): .* must not be followed by other values\.")
_ESCAPES = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][c-fC-F]..)|.)", re.S)


class Members(dict[str, Any]):
    """An object: of a repeated key the first value, and in `again` those of the others."""

    def __init__(self) -> None:
        self.again: list[tuple[str, Any]] = []

    def __setitem__(self, key: str, value: Any) -> None:
        if key in self:
            self.again.append((key, value))
        else:
            super().__setitem__(key, value)


class _Decoder(rapidjson.Decoder):
    start_object = Members


_FAST = _Decoder(number_mode=rapidjson.NM_NATIVE | rapidjson.NM_NAN)
_WIDE = _Decoder()  # numbers are Python's, so that 1.8e308 is infinite


def parse(body: bytes) -> Members:
    """The document of a request, which must be an object; what is no UTF-8 counts as U+FFFD."""
    if len(body) > VALUES and sum(map(body.count, (b",", b"[", b"{"))) > VALUES:
        raise Refused(f"The document holds more than {VALUES} values.", "TOO_LARGE")
    if not body.isascii():
        body = body.decode("utf-8-sig", "replace").encode()
    try:
        document = _loaded(body, _FAST)
    except RecursionError:
        raise Refused("The document is nested too deeply.") from None
    except ValueError as fault:
        raise Refused(f"The request is no JSON document. {fault}") from None
    if not isinstance(document, Members):
        raise Refused("The document must be an object, with 'instances' or 'inputs'.")
    return document


def _loaded(body: bytes, decoder: _Decoder) -> Any:
    try:
        return decoder(body)
    except rapidjson.JSONDecodeError as fault:
        if end := _FOLLOWED.fullmatch(str(fault)):
            return _loaded(body[: int(end[1])], decoder)
        if "surrogate" in str(fault) and (mended := _ESCAPES.sub(_mended, body)) != body:
            return _loaded(mended, decoder)
        if "too big" in str(fault) and decoder is _FAST:
            return _loaded(body, _WIDE)
        raise


def _mended(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if escape[1] else escape[0]
