"""The tensors of a request, from its JSON document, and those of an answer as JSON.

Rows (`instances`, `predictions`) and columns (`inputs`, `outputs`).  Requests are read by the specs
of a signature's inputs, as strictly about types as TF Serving does.
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
# Of each type what JSON may have for it, as what it is read, and what it becomes then: TensorFlow's
# messages have 32 bits for the smaller integers, which wrap around.
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
        dtype: as TensorFlow names it: int32, int64, float, string, ...
        shape: None where any size will do, and as a whole where any rank will.
    """

    dtype: str
    shape: Shape | None


def signature_name(document: Members) -> str:
    """Which signature a request asks for; empty where it does not say."""
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise Refused(f"signature_name must be a string, and is {_shown(name)}.")
    return name


def listed(document: Members, key: str) -> list[Any]:
    """The list that stands under a key; Refused where it is none, or empty."""
    found = document.get(key)
    if not isinstance(found, list) or not found:
        raise Refused(f"{key} must be a list that is not empty.")
    return found


def tensors(document: Members, specs: Mapping[str, Spec]) -> Arrays:
    """The inputs of a request, by name, as the specs of its signature have them.

    Raises:
        Refused: it has both `instances` and `inputs`, or neither, or what does not fit.
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
    """Lists of unequal lengths end in leaves that are lists, which no type allows."""
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
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
            return np.array(leaves, read).astype(kept).reshape(found.shape)
    except OverflowError:
        raise Refused(f"{name} holds a number that is too large for {spec.dtype}.") from None


def _check_shape(name: str, shape: Shape, wanted: Shape | None) -> None:
    """TF Serving leaves this to the graph, whose error then is about some operation inside."""
    wanted = (None,) * len(shape) if wanted is None else wanted
    fits = len(shape) == len(wanted)
    if not fits or any(w not in (None, size) for w, size in zip(wanted, shape, strict=True)):
        sizes = ", ".join("any" if size is None else str(size) for size in wanted)
        raise Refused(f"{name} has shape {cut(str(shape))}, and this signature takes ({sizes}).")


def _bytes(name: str, value: str | Members) -> bytes:
    """Of text or {"b64": ...}; dots pad as equals signs do, and spaces do not count."""
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
