"""Converts the JSON of a request to tensors, and the tensors of an answer to JSON.

Both the row format (`instances`, `predictions`) and the column format (`inputs`, `outputs`) are
supported. Requests are checked against the specs of a signature's inputs, with TF Serving's strict
rules for types.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import rapidjson

from artgan_tf.serving.json_text import Members
from artgan_tf.serving.refusals import Refused, cut

Arrays = dict[str, np.ndarray]
Shape = tuple[int | None, ...]
_INT: set[type] = {int}
_NUMBER: set[type] = {int, float}
# For each type: the JSON types allowed, the type to read them as, and the type to convert to. Small
# integers are read as int32 because TensorFlow's messages store them so; larger values wrap around.
_KINDS: dict[str, tuple[set[type], Any, Any]] = {
    "string": ({str, Members}, object, object),
    "bool": ({bool}, bool, bool),
    "float": (_NUMBER, np.float64, np.float32),
    "double": (_NUMBER, np.float64, np.float64),
    **{name: (_INT, name, name) for name in ("int64", "int32", "uint32", "uint64")},
    **{name: (_INT, "int32", name) for name in ("int16", "int8", "uint8")},
}


@dataclass(frozen=True)
class Spec:
    """An input of a signature.

    Attributes:
        dtype: TensorFlow's name of the type: int32, int64, float, string, ...
        shape: the size of each dimension, or None for any size; None as a whole for any rank.
    """

    dtype: str
    shape: Shape | None


def signature_name(document: Members) -> str:
    """Return the signature that a request names, or "" if it names none; it must be a string."""
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise Refused(f"signature_name must be a string, and is {_shown(name)}.")
    return name


def listed(document: Members, key: str) -> list[Any]:
    """Return the list under a key, or raise Refused if there is none or it is empty."""
    found = document.get(key)
    if not isinstance(found, list) or not found:
        raise Refused(f"{key} must be a list that is not empty.")
    return found


def tensors(document: Members, specs: Mapping[str, Spec]) -> Arrays:
    """Convert the inputs of a request to arrays of the types and shapes in a signature's specs.

    Raises:
        Refused: the request has both `instances` and `inputs` or neither, or a value does not fit
            its spec.
    """
    row_form = "instances" in document
    if row_form == ("inputs" in document):
        raise Refused("Give either 'instances', a list of rows, or 'inputs', whole columns.")
    given: Any = listed(document, "instances") if row_form else document["inputs"]
    first = given[0] if row_form else given
    if not isinstance(first, Members) or _is_base64(first):
        if len(specs) > 1:
            names = ", ".join(sorted(specs))
            raise Refused(f"This signature has several inputs; name them in objects: {names}.")
        columns = dict.fromkeys(specs, given)
    elif row_form:
        rows = [_row(number, row, specs) for number, row in enumerate(given)]
        columns = {name: [row[name] for row in rows] for name in specs}
    elif missing := specs.keys() - given.keys():
        raise Refused(f"inputs lacks {', '.join(sorted(missing))}.")
    else:
        columns = {name: given[name] for name in specs}
    return {name: _tensor(name, column, specs[name]) for name, column in columns.items()}


def _row(number: int, row: Any, specs: Mapping[str, Spec]) -> Members:
    if not isinstance(row, Members) or row.keys() != specs.keys():
        names = ", ".join(sorted(specs))
        raise Refused(f"instances[{number}] must be an object of these and no others: {names}.")
    for name, value in row.again:
        _tensor(name, [value], specs[name])
    return row


def _is_base64(value: Members) -> bool:
    return value.keys() == {"b64"} and not value.again and isinstance(value["b64"], str)


def _tensor(name: str, value: Any, spec: Spec) -> np.ndarray:
    """Convert one input to an array.

    Nested lists of unequal lengths leave lists among the leaves, which no type allows.
    """
    found = np.array(value, object)
    _check_shape(name, found.shape, spec.shape)
    if spec.dtype not in _KINDS:
        raise Refused(f"{name} is {spec.dtype}, which JSON cannot express.", "UNIMPLEMENTED")
    types, read, kept = _KINDS[spec.dtype]
    leaves = found.ravel().tolist()
    if set(map(type, leaves)) - types:
        at = next(i for i, leaf in enumerate(leaves) if type(leaf) not in types)
        where = "".join(f"[{i}]" for i in np.unravel_index(at, found.shape))
        raise Refused(f"{name}{where} must be {spec.dtype}, and is {_shown(leaves[at])}.")
    if read is object:
        leaves = [_bytes(name, leaf) for leaf in leaves]
    try:
        with np.errstate(over="ignore"):  # numbers beyond float32's range become infinite
            return np.array(leaves, read).astype(kept).reshape(found.shape)
    except OverflowError:
        raise Refused(f"{name} holds a number that is too large for {spec.dtype}.") from None


def _check_shape(name: str, shape: Shape, wanted: Shape | None) -> None:
    """Refuse an unsuitable shape. TF Serving leaves this to the graph, whose error would name an
    inner operation.
    """
    if wanted is None:
        return
    fits = (size in (None, given) for size, given in zip(wanted, shape, strict=False))
    if len(shape) != len(wanted) or not all(fits):
        sizes = ", ".join("any" if size is None else str(size) for size in wanted)
        raise Refused(f"{name} has shape {cut(str(shape))}, and this signature takes ({sizes}).")


def _bytes(name: str, value: str | Members) -> bytes:
    """Convert text or {"b64": ...} to bytes; dots may pad like equals signs, spaces are ignored."""
    if isinstance(value, str):
        return value.encode()
    try:
        packed = b"".join(value["b64"].encode("ascii").split()) if _is_base64(value) else b"?"
        bare = packed.rstrip(b"=.")
        padding = -len(bare) % 4
        if len(packed) - len(bare) in (0, padding):
            return binascii.a2b_base64(bare + b"=" * padding, strict_mode=True)
    except ValueError:
        pass
    raise Refused(f'{name} holds an object that is no {{"b64": "..."}} of base64.')


def _shown(value: Any) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return cut(json.dumps(value, ensure_ascii=False))


# ---- answers --------------------------------------------------------------------------------
def answer(outputs: Mapping[str, np.ndarray], row_form: bool) -> bytes:
    """Return the body of an answer; a signature's only output appears without its name.

    If the request was in row form, raise Refused unless all outputs have the same number of rows.
    """
    if row_form and len({array.shape[:1] for array in outputs.values()} | {()}) != 2:
        raise Refused("The outputs differ in their number of rows: ask for them with 'inputs'.")
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
    """Encode a document as JSON in UTF-8."""
    return rapidjson.dumps(document, ensure_ascii=False).encode("utf-8", "replace")


def _listed(name: str, array: np.ndarray) -> Any:
    if array.dtype == object:
        write = _binary if name.endswith("_bytes") else _text  # TF Serving's rule, by name alone
        return np.vectorize(write, otypes=[object])(array).tolist()
    if array.dtype.kind == "f" and array.dtype != np.float64:
        # Via the shortest exact text; otherwise each would be written with a double's 17 digits.
        return array.astype("U").astype(np.float64).tolist()
    return array.tolist()


_text = partial(str, encoding="utf-8", errors="replace")


def _binary(value: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(value).decode("ascii")}
