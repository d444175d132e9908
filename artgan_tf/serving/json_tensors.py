"""The tensors of a request, from its JSON document by the specs of a signature's inputs.

Rows (`instances`) and columns (`inputs`), with the errors that TF Serving answers with.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from artgan_tf.serving.json_elements import element, is_named
from artgan_tf.serving.json_values import cut, shown
from artgan_tf.serving.refusals import Refused

Arrays = dict[str, np.ndarray]

_NUMPY: dict[str, Any] = {"float": np.float32, "double": np.float64, "string": object}


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
        problem = "not formatted correctly. 'signature_name' key must be a string value."
        raise Refused(f"JSON Value: {shown(document)} {problem}")
    return name


def is_row_form(document: Mapping[str, Any]) -> bool:
    """Whether a request has `instances`, and not `inputs`; Refused where it has both or neither."""
    if "instances" not in document:
        if "inputs" not in document:
            raise Refused("Missing 'inputs' or 'instances' key")
        return False
    instances, problem = document["instances"], ""
    if "inputs" in document:
        problem = (
            "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist "
        )
    elif not isinstance(instances, list):
        problem = "Excepting 'instances' to be an list/array"
    elif not instances:
        problem = "No values in 'instances' array"
    if problem:
        raise Refused(f"JSON Value: {shown(document)} {problem}")
    return True


def tensors(document: Mapping[str, Any], specs: Specs) -> Arrays:
    """The inputs of a request, by name.

    Args:
        document: of the request.
        specs: of the signature's inputs.
    """
    try:
        found = (_rows if is_row_form(document) else _columns)(document, specs)
    except RecursionError:
        raise Refused("JSON Parse error: The document is nested too deeply.") from None
    for name, array in found.items():
        _check_shape(name, array, specs[name])
    return found


# ---- rows -----------------------------------------------------------------------------------
def _rows(document: Mapping[str, Any], specs: Specs) -> Arrays:
    instances = document["instances"]
    if not isinstance(instances[0], dict) and len(specs) > 1:
        raise Refused(
            "instances is a plain list, but expecting list of objects as multiple input tensors "
            "required as per tensorinfo_map"
        )
    columns: dict[str, _Column] = {}
    add = _add_object if is_named(instances[0]) else _add_plain
    for number, instance in enumerate(instances):
        add(number, instance, specs, columns)
    if missing := specs.keys() - columns.keys():
        raise Refused(f"Missing named input: {min(missing)} in 'instances' list.")
    return {name: column.array(len(instances)) for name, column in columns.items()}


class _Column:
    """What all rows hold of one input."""

    def __init__(self, dtype: str):
        self.dtype, self.values = dtype, list[Any]()
        self.size: int | None = None
        self.shape: list[int] = []

    def add(self, value: Any) -> None:
        shape = _shape(value)
        before = len(self.values)
        _fill(value, shape, 0, self.dtype, self.values)
        size = len(self.values) - before
        if self.size is None:
            self.size, self.shape = size, shape
        elif size != self.size:
            raise Refused(f"Expecting tensor size: {self.size} but got: {size}")
        elif shape != self.shape:
            expected, got = (",".join(map(str, s)) for s in (self.shape, shape))
            raise Refused(f"Expecting shape [{expected}] but got: [{got}]")

    def array(self, rows: int) -> np.ndarray:
        return _array(self.values, [rows, *self.shape], self.dtype)


def _add_object(number: int, row: Any, specs: Specs, columns: dict[str, _Column]) -> None:
    if not is_named(row):
        raise Refused(f"Expecting object but got list at item {number} of input list")
    start = f"Failed to process element: {number}"
    for name, value in row.items():
        try:
            _add(name, value, specs, columns)
        except Refused as error:
            where = f"{start} key: {cut(name)} of 'instances' list."
            raise Refused(f"{where} Error: {error.code}: {error.text}") from None
    if row.keys() != specs.keys():
        names = ",".join(sorted(specs))
        problem = f"JSON object: {shown(row)} keys must be equal to: {names}"
        raise Refused(f"{start} of 'instances' list. {problem}")


def _add_plain(number: int, row: Any, specs: Specs, columns: dict[str, _Column]) -> None:
    if is_named(row):
        raise Refused(f"Expecting value/list but got object at item {number} of input list")
    try:
        _add(min(specs), row, specs, columns)
    except Refused as error:
        where = f"Failed to process element: {number} of 'instances' list."
        raise Refused(f"{where} Error: {error.code}: {error.text}") from None


def _add(name: str, value: Any, specs: Specs, columns: dict[str, _Column]) -> None:
    if name not in specs:
        raise Refused(f"JSON object: does not have named input: {cut(name)}")
    columns.setdefault(name, _Column(specs[name].dtype)).add(value)


# ---- columns --------------------------------------------------------------------------------
def _columns(document: Mapping[str, Any], specs: Specs) -> Arrays:
    inputs = document["inputs"]
    if not is_named(inputs):
        if len(specs) > 1:
            raise Refused(
                "inputs is a plain value/list, but expecting an object as multiple input tensors "
                "required as per tensorinfo_map"
            )
        (name,) = specs
        return {name: _tensor(inputs, specs[name].dtype)}
    found = {}
    for name, spec in specs.items():
        if name not in inputs:
            raise Refused(f"Missing named input: {name} in 'inputs' object.")
        found[name] = _tensor(inputs[name], spec.dtype)
    return found


def _tensor(value: Any, dtype: str) -> np.ndarray:
    values: list[Any] = []
    shape = _shape(value)
    _fill(value, shape, 0, dtype, values)
    return _array(values, shape, dtype)


# ---- values ---------------------------------------------------------------------------------
def _shape(value: Any) -> list[int]:
    """That of the first elements; `_fill` holds all others to it."""
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return shape


def _fill(value: Any, shape: list[int], level: int, dtype: str, values: list[Any]) -> None:
    rank = len(shape)
    if not isinstance(value, list):
        if level != rank:
            where = f"found at incorrect level: {level + 1} in the JSON DOM."
            raise Refused(f"JSON Value: {shown(value)} {where} Expected at level: {rank}")
        values.append(element(value, dtype))
        return
    if level >= rank:
        raise Refused(f"Encountered list at unexpected level: {level} expected < {rank}")
    if len(value) != shape[level]:
        size = f"{len(value)} at level: {level} expected size: {shape[level]}"
        raise Refused(f"Encountered list at unexpected size: {size}")
    for part in value:
        _fill(part, shape, level + 1, dtype, values)


def _array(values: list[Any], shape: list[int], dtype: str) -> np.ndarray:
    # `int_val` of TensorFlow's protos takes 32 bits, and the smaller types wrap around.
    wide = np.array(values, _NUMPY.get(dtype) or (np.int64 if dtype != "uint64" else np.uint64))
    return wide.astype(_NUMPY.get(dtype, dtype)).reshape(shape)


def _check_shape(name: str, array: np.ndarray, spec: Spec) -> None:
    """TF Serving leaves this to the graph, whose error then is about some operation inside."""
    if spec.shape is None:
        return
    wanted = [-1 if size is None else size for size in spec.shape]
    fits = len(wanted) == array.ndim
    fits = fits and all(w in (-1, size) for w, size in zip(wanted, array.shape, strict=True))
    if not fits:
        got, sizes = (",".join(map(str, s)) for s in (array.shape, wanted))
        raise Refused(f"Input {name} has shape [{got}], and this signature takes [{sizes}].")
