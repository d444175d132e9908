"""Numbers and values as TF Serving writes them: in answers, and quoted in its errors."""

import json
import math
from typing import Any

import numpy as np

LONGEST = 200  # characters of the request that an error quotes
_ENCODER = json.JSONEncoder(indent=4, ensure_ascii=False)


def decimal(value: Any, kind: type[np.floating] = np.float32) -> str:
    """A number with six significant digits if those are exact for its type, else with all it takes.

    It always has a point or an exponent, so that nobody takes it for an integer.
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "-Infinity" if value < 0 else "Infinity"
    text = f"{float(value):g}"
    if kind(text) != value:
        text = f"{float(value):.{9 if kind is np.float32 else 17}g}"
    return text if "." in text or "e" in text else f"{text}.0"


def shown(value: Any) -> str:
    """A JSON value in an error, not longer than anyone reads."""
    if isinstance(value, float):
        with np.errstate(over="ignore"):
            single = np.float32(value)
        fits = np.isfinite(single) or not math.isfinite(value)
        return decimal(single) if fits else decimal(value, np.float64)
    text = ""
    for part in _ENCODER.iterencode(value):
        text += part[: LONGEST + 1]
        if len(text) > LONGEST:
            return cut(text)
    return text


def cut(text: str) -> str:
    """The beginning of a long text."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def kind(value: Any) -> str:
    """What JSON calls its type, as errors name it."""
    if value is None or isinstance(value, bool):
        return {None: "Null", True: "True", False: "False"}[value]
    kinds: dict[type, str] = {int: "Number", float: "Number", str: "String", dict: "Object"}
    return kinds.get(type(value), "Array")
