"""The tensors of an answer as JSON: `predictions` by row, or `outputs` by column."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from artgan_tf.serving.json_values import decimal
from artgan_tf.serving.refusals import Refused

Writer = Callable[[Any], str]

BYTES = "_bytes"  # string outputs whose names end so are binary


def answer(outputs: Mapping[str, np.ndarray], row_form: bool) -> bytes:
    """The body of an answer; the only output of a signature goes without its name.

    Args:
        outputs: by name.
        row_form: whether the request was; then all outputs must have as many rows.
    """
    ordered = dict(sorted(outputs.items()))
    text = _predictions(ordered) if row_form else _outputs(ordered)
    return text.encode("utf-8", "replace")


def error(text: str) -> bytes:
    """The body of an answer that is a sentence."""
    return json.dumps({"error": text}, indent=4, ensure_ascii=False).encode("utf-8", "replace")


def _predictions(outputs: Mapping[str, np.ndarray]) -> str:
    rows = _row_count(outputs)
    columns = {
        name: [_nested(row, writer) for row in array]
        for name, array in outputs.items()
        for writer in [_writer(name, array)]
    }
    if len(columns) == 1:
        found = next(iter(columns.values()))
    else:
        found = [_object({name: columns[name][row] for name in columns}, 8) for row in range(rows)]
    listed = ",\n        ".join(found)
    inside = f"[\n        {listed}\n    ]" if found else "[]"
    return f'{{\n    "predictions": {inside}\n}}'


def _outputs(outputs: Mapping[str, np.ndarray]) -> str:
    columns = {name: _nested(array, _writer(name, array)) for name, array in outputs.items()}
    found = next(iter(columns.values())) if len(columns) == 1 else _object(columns, 4)
    return f'{{\n    "outputs": {found}\n}}'


def _row_count(outputs: Mapping[str, np.ndarray]) -> int:
    rows: int | None = None
    for name, array in outputs.items():
        if array.ndim == 0:
            raise Refused(f"Tensor name: {name} has no shape information ")
        if rows not in (None, len(array)):
            sizes = f"{len(array)} expecting: {rows}"
            raise Refused(f"Tensor name: {name} has inconsistent batch size: {sizes}")
        rows = len(array)
    return rows or 0


def _object(members: Mapping[str, str], indent: int) -> str:
    space = " " * indent
    lines = ",\n".join(f"{space}    {json.dumps(name)}: {text}" for name, text in members.items())
    return f"{{\n{lines}\n{space}}}"


def _writer(name: str, array: np.ndarray) -> Writer | None:
    """How one value is written; None where JSON's own encoder does it, lists and all."""
    if array.dtype.kind == "f":
        return _double if array.dtype == np.float64 else decimal
    if array.dtype == object:
        return _binary if name.endswith(BYTES) else _string
    return None


def _nested(value: Any, writer: Writer | None) -> str:
    if writer is None:
        return json.dumps(value.tolist())
    if isinstance(value, np.ndarray) and value.ndim:
        return f"[{', '.join(_nested(part, writer) for part in value)}]"
    return writer(value.item() if isinstance(value, np.ndarray) else value)


def _double(value: Any) -> str:
    return decimal(value, np.float64)


def _binary(value: bytes) -> str:
    return f'{{"b64": "{base64.b64encode(value).decode("ascii")}"}}'


def _string(value: bytes) -> str:
    return json.dumps(value.decode("utf-8", "replace"), ensure_ascii=False)
