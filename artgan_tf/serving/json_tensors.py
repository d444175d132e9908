"""The tensors of a request, from its JSON document by the specs of a signature's inputs.

Rows (`instances`) and columns (`inputs`), as strict about types as TF Serving is.
"""

import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from artgan_tf.serving.json_text import Members
from artgan_tf.serving.refusals import Refused, cut

Arrays = dict[str, np.ndarray]

DEEPEST = 64  # dimensions that NumPy has
_INT: set[type] = {int}
_NUMBER: set[type] = {int, float}
# Of each type what JSON may have for it, as what it is read, and what it becomes then: TensorFlow's
# messages have 32 bits for the smaller integers, which wrap around.
_KINDS: dict[str, tuple[set[type], Any, Any]] = {
    "string": ({str, Members}, object, object),
    "bool": ({bool}, bool, bool),
    "float": (_NUMBER, np.float64, np.float32),
    "double": (_NUMBER, np.float64, np.float64),
    "int64": (_INT, np.int64, np.int64),
    "int32": (_INT, np.int32, np.int32),
    "int16": (_INT, np.int32, np.int16),
    "int8": (_INT, np.int32, np.int8),
    "uint8": (_INT, np.int32, np.uint8),
    "uint32": (_INT, np.uint32, np.uint32),
    "uint64": (_INT, np.uint64, np.uint64),
}


@dataclass(frozen=True)
class Spec:
    """An input of a signature.

    Attributes:
        dtype: as TensorFlow names it: int32, int64, float, string, ...
        shape: None where any size will do, and as a whole where any rank will.
    """

    dtype: str
    shape: tuple[int | None, ...] | None


Specs = Mapping[str, Spec]


def signature_name(document: Mapping[str, Any]) -> str:
    """Which signature a request asks for; empty where it does not say."""
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise Refused(f"signature_name must be a string, and is {_shown(name)}.")
    return name


def is_row_form(document: Mapping[str, Any]) -> bool:
    """Whether a request has `instances`, and not `inputs`; Refused where it has both or neither."""
    if ("instances" in document) == ("inputs" in document):
        raise Refused("Give either 'instances', a list of rows, or 'inputs', whole columns.")
    return "instances" in document


def tensors(document: Mapping[str, Any], specs: Specs) -> Arrays:
    """The inputs of a request, by name.

    Args:
        document: of the request.
        specs: of the signature's inputs.
    """
    if is_row_form(document):
        columns = _from_rows(listed(document, "instances"), specs)
    else:
        columns = _from_columns(document["inputs"], specs)
    return {name: _tensor(name, column, specs[name]) for name, column in columns.items()}


def listed(document: Mapping[str, Any], key: str) -> list[Any]:
    """The list that stands under a key; Refused where it is none, or empty."""
    found = document.get(key)
    if type(found) is not list or not found:
        raise Refused(f"{key} must be a list that is not empty.")
    return found


# ---- rows and columns -----------------------------------------------------------------------
def _from_rows(instances: list[Any], specs: Specs) -> dict[str, list[Any]]:
    named = _is_named(instances[0])
    for number, row in enumerate(instances):
        if _is_named(row) != named:
            raise Refused(f"instances[{number}]: all must be objects, or none.")
    if not named:
        return {_only(specs): instances}
    rows = [_row(number, row, specs) for number, row in enumerate(instances)]
    return {name: [row[name] for row in rows] for name in specs}


def _row(number: int, row: Members, specs: Specs) -> dict[str, Any]:
    values = row.first()
    if values.keys() != specs.keys():
        names = ", ".join(sorted(specs))
        raise Refused(f"instances[{number}] must have these keys and no others: {names}.")
    if len(row) > len(values):
        for name, value in row:
            _tensor(name, [value], specs[name])
    return values


def _from_columns(inputs: Any, specs: Specs) -> dict[str, Any]:
    if not _is_named(inputs):
        return {_only(specs): inputs}
    values = inputs.first()
    if missing := specs.keys() - values.keys():
        raise Refused(f"inputs lacks {', '.join(sorted(missing))}.")
    return {name: values[name] for name in specs}


def _only(specs: Specs) -> str:
    if len(specs) > 1:
        names = ", ".join(sorted(specs))
        raise Refused(f"This signature has several inputs; name them in objects: {names}.")
    return next(iter(specs))


def _is_named(value: Any) -> bool:
    """An object that is no {"b64": ...}."""
    return isinstance(value, Members) and not _is_base64(value)


def _is_base64(value: Members) -> bool:
    return len(value) == 1 and value[0][0] == "b64" and isinstance(value[0][1], str)


# ---- values ---------------------------------------------------------------------------------
def _tensor(name: str, value: Any, spec: Spec) -> np.ndarray:
    shape = _shape(value)
    _check_shape(name, shape, spec.shape)
    if spec.dtype not in _KINDS:
        raise Refused(f"{name} is {spec.dtype}, which JSON cannot express.", "UNIMPLEMENTED")
    types, read, kept = _KINDS[spec.dtype]
    leaves = _leaves(name, value, shape)
    if set(map(type, leaves)) - types:
        at = next(i for i, leaf in enumerate(leaves) if type(leaf) not in types)
        where = "".join(f"[{i}]" for i in np.unravel_index(at, shape))
        raise Refused(f"{name}{where} must be {spec.dtype}, and is {_shown(leaves[at])}.")
    if read is object:
        leaves = [_bytes(name, leaf) for leaf in leaves]
    try:
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
            return np.array(leaves, read).astype(kept).reshape(shape)
    except OverflowError:
        raise Refused(f"{name} holds a number that is too large for {spec.dtype}.") from None


def _check_shape(name: str, shape: list[int], wanted: tuple[int | None, ...] | None) -> None:
    """TF Serving leaves this to the graph, whose error then is about some operation inside."""
    if wanted is None:
        wanted = (None,) * min(len(shape), DEEPEST)
    fits = len(shape) == len(wanted)
    if not fits or any(w not in (None, size) for w, size in zip(wanted, shape, strict=True)):
        sizes = cut(", ".join("any" if size is None else str(size) for size in wanted))
        raise Refused(f"{name} has shape {cut(str(shape))}, and this signature takes [{sizes}].")


def _shape(value: Any) -> list[int]:
    """That of the first elements; `_leaves` holds all others to it."""
    shape = []
    while type(value) is list:
        shape.append(len(value))
        value = value[0] if value else None
    return shape


def _leaves(name: str, value: Any, shape: list[int]) -> list[Any]:
    if not shape:
        return [value]
    if type(value) is not list or len(value) != shape[0]:
        raise Refused(f"{name} is ragged: the lists of a level must be of one length.")
    if len(shape) == 1:
        return value
    return [leaf for part in value for leaf in _leaves(name, part, shape[1:])]


def _bytes(name: str, value: str | Members) -> bytes:
    """Of text or {"b64": ...}; dots pad as equals signs do, and spaces do not count."""
    if isinstance(value, str):
        return value.encode()
    try:
        packed = b"".join(value[0][1].encode("ascii").split()) if _is_base64(value) else b"?"
        bare = packed.rstrip(b"=.")
        padding = -len(bare) % 4
        if len(packed) - len(bare) in (0, padding):
            return binascii.a2b_base64(bare + b"=" * padding, strict_mode=True)
    except ValueError:
        pass
    raise Refused(f'{name} holds an object that is no {{"b64": "..."}} of base64.')


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "an object" if isinstance(value, Members) else "a list"
    return cut(json.dumps(value, ensure_ascii=False))
