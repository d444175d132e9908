"""The tensors of an answer as JSON: `predictions` by row, or `outputs` by column."""

import base64
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import rapidjson

from artgan_tf.serving.refusals import Refused


def answer(outputs: Mapping[str, np.ndarray], row_form: bool) -> bytes:
    """The body of an answer; the only output of a signature goes without its name.

    Args:
        outputs: by name.
        row_form: whether the request was; then all outputs must have as many rows.
    """
    if row_form and len({array.shape[:1] for array in outputs.values()} | {()}) != 2:
        raise Refused("The outputs are not of as many rows: ask for them with 'inputs'.")
    columns = {name: _listed(name, outputs[name]) for name in sorted(outputs)}
    if len(columns) == 1:
        (found,) = columns.values()
    elif row_form:
        rows = zip(*columns.values(), strict=True)
        found = [dict(zip(columns, row, strict=True)) for row in rows]
    else:
        found = columns
    return written({"predictions" if row_form else "outputs": found})


def written(document: dict[str, Any]) -> bytes:
    """The body of an answer."""
    return rapidjson.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


def _listed(name: str, array: np.ndarray) -> Any:
    if array.dtype == object:
        write = _binary if name.endswith("_bytes") else _text  # the name alone tells
        return np.vectorize(write, otypes=[object])(array).tolist()
    if array.dtype.kind == "f" and array.dtype != np.float64:
        # By way of the shortest text that is exact, or each would have a double's 17 digits.
        return array.astype("U").astype(np.float64).tolist()
    return array.tolist()


_text = partial(str, encoding="utf-8", errors="replace")


def _binary(value: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(value).decode("ascii")}
