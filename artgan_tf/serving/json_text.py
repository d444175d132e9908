"""The text of a request as a JSON document, read as TF Serving's JSON parser reads it.

Python's parser does the work.  It differs in what it says of a malformed document, and in a few
things that it accepts: numbers beyond a double, halves of surrogate pairs, repeated keys.
"""

import codecs
import json
import re
from typing import Any

from artgan_tf.serving.json_faults import find_fault
from artgan_tf.serving.json_values import shown
from artgan_tf.serving.refusals import Refused

_MAYBE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_INTEGERS = range(-(2**63), 2**64)
_LONGEST_INTEGER = 20  # characters


def parse(body: bytes) -> dict[str, Any]:
    """The document of a request, which must be an object.

    Bytes that are no UTF-8 are kept as lone surrogates ("surrogateescape"), so that a string
    input gets them back.
    """
    if not body:
        raise Refused("JSON Parse error: The document is empty")
    try:
        document = _loaded(body.removeprefix(codecs.BOM_UTF8))
    except RecursionError:
        raise Refused("JSON Parse error: The document is nested too deeply.") from None
    if not isinstance(document, dict):
        raise Refused(f"JSON Value: {shown(document)} Is not object")
    return document


def _loaded(body: bytes) -> Any:
    try:
        document = _DECODER.decode(body.decode("utf-8", "surrogateescape"))
    except ValueError:
        sentence, offset = find_fault(body) or ("Invalid value.", 0)
        raise Refused(f"JSON Parse error: {sentence} at offset: {offset}") from None
    if _MAYBE_SURROGATE.search(body) and (fault := find_fault(body)):
        raise Refused(f"JSON Parse error: {fault[0]} at offset: {fault[1]}")
    return document


def _integer(text: str) -> int | float:
    """Beyond 64 bits a whole number is a double."""
    if len(text) <= _LONGEST_INTEGER and (value := int(text)) in _INTEGERS:
        return value
    return _double(text)


def _double(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("too big")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a repeated key the first value counts."""
    found = dict(pairs)
    return found if len(found) == len(pairs) else dict(reversed(pairs))


_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_double, object_pairs_hook=_object)
