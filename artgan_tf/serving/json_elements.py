"""One element of a tensor from its JSON value, as strict about types as TF Serving is."""

import base64
from typing import Any

import numpy as np

from artgan_tf.serving.json_values import kind, shown
from artgan_tf.serving.refusals import Refused

_RANGES = {
    "int32": range(-(2**31), 2**31),
    "int16": range(-(2**31), 2**31),
    "int8": range(-(2**31), 2**31),
    "uint8": range(-(2**31), 2**31),
    "int64": range(-(2**63), 2**63),
    "uint32": range(2**32),
    "uint64": range(2**64),
}
_DIGITS = {"float": 24, "double": 53}  # of the mantissa, in bits
_LARGEST = float(np.finfo(np.float32).max)  # a NumPy float would round what it is compared with


def element(value: Any, dtype: str) -> Any:
    """A number, a truth value or bytes; Refused for a value that is not of this type."""
    if dtype == "string":
        return _bytes(value)
    if dtype in _DIGITS and type(value) in (int, float):
        return _floating(value, dtype)
    if dtype in _RANGES and type(value) is int and value in _RANGES[dtype]:
        return value
    if dtype == "bool" and isinstance(value, bool):
        return value
    if dtype not in (*_DIGITS, *_RANGES, "bool"):
        problem = f"Conversion of JSON Value: {shown(value)} to type: {dtype}"
        raise Refused(problem, "UNIMPLEMENTED")
    raise _type_error(value, dtype)


def _floating(value: float, dtype: str) -> float:
    if isinstance(value, int):
        exact = abs(value) < 2 ** _DIGITS[dtype]
    else:
        exact = dtype == "double" or not abs(value) > _LARGEST
        exact = exact or abs(value) == float("inf")
    if not exact:
        problem = f"Cannot convert JSON value: {shown(value)} to {dtype}"
        raise Refused(f"{problem} without loss of precision.")
    return value


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if not isinstance(value, dict):
        raise _type_error(value, "string")
    if is_named(value):
        raise Refused(f"JSON Value: {shown(value)} not formatted correctly for base64 data")
    text = "".join(value["b64"].split())
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise Refused("Unable to base64 decode") from None


def _type_error(value: Any, dtype: str) -> Refused:
    problem = f"Type: {kind(value)} is not of expected type: {dtype}"
    return Refused(f"JSON Value: {shown(value)} {problem}")


def is_named(value: Any) -> bool:
    """An object that is no {"b64": ...}."""
    if not isinstance(value, dict):
        return False
    return value.keys() != {"b64"} or not isinstance(value["b64"], str)
