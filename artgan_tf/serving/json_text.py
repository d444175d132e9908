"""Parses the JSON of a request with RapidJSON, the parser that TF Serving uses.

TF Serving configures it to ignore what follows the document, to accept the second half of a
surrogate pair on its own, and to read a number slightly beyond the range of a double as infinity.
Python's binding lacks these settings, so each case is handled when the parser reports it.
"""

import re
from typing import Any

import rapidjson

from artgan_tf.serving.refusals import Refused

VALUES = 2**20  # maximum commas and brackets: each costs memory, and parsing blocks other requests

_FOLLOWED = re.compile(r"Parse error at offset (\d+): .* must not be followed by other values\.")
_ESCAPES = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][c-fC-F]..)|.)", re.S)


class Members(dict[str, Any]):
    """A JSON object that keeps the first value of a repeated key; `again` holds the later pairs."""

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
_WIDE = _Decoder()  # converts numbers with Python, which reads 1.8e308 as infinity


def parse(body: bytes) -> Members:
    """Parse the body of a request. Bytes that are not UTF-8 become U+FFFD.

    Raises:
        Refused: the body is not JSON or not an object, is nested too deeply or has too many values.
    """
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
