"""A version of a model loaded into memory, and its signatures.

Like TF Serving, it loads each version into a session of its own, so that an export that fails there
also fails here, and errors of the graph are the same.
"""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import error_codes_pb2

from artgan_tf.sampling.places import EXTRA, FACTS
from artgan_tf.serving.json_tensors import Arrays, Spec
from artgan_tf.serving.refusals import Refused, cut
from artgan_tf.serving.warmup import read_warmup

DEFAULT = "serving_default"
LONGEST_ERROR = 1000  # maximum characters of TensorFlow's message that are passed on
_AFTER = ("Detected at", "Original stack", "Errors may have", "node (defined at")


class Servable:
    """A loaded version, warmed up; its session closes when the last reference is gone.

    Args:
        folder: the directory with saved_model.pb.
        name: name of the model.
        version: number of the version.
        warm: whether to run the export's warm-up requests.
    """

    def __init__(self, folder: Path, name: str, version: int, warm: bool = True):
        self.folder, self.name, self.version = folder, name, version
        self._session = tf.compat.v1.Session(graph=tf.Graph())
        with self._session.graph.as_default(), warnings.catch_warnings():
            meta = _load(self._session, folder)
        self.definitions = dict(meta.signature_def)
        file = folder / FACTS  # which a SavedModel from elsewhere lacks
        self.facts = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        for signature, inputs in read_warmup(folder / EXTRA) if warm else ():
            self.run(signature, inputs)

    def specs(self, signature: str) -> dict[str, Spec]:
        """Return the inputs of a signature, or of the default for "", sorted by name.

        Raises:
            Refused: there is no such signature, or it has no inputs.
        """
        name = signature or DEFAULT
        if name not in self.definitions:
            known = ", ".join(sorted(self.definitions))
            raise Refused(f"There is no signature {cut(name)}: use one of {known}.")
        inputs = self.definitions[name].inputs
        if not inputs:
            raise Refused(f"The signature {cut(name)} takes no inputs, so nothing can be asked.")
        return {key: _spec(inputs[key]) for key in sorted(inputs)}

    def runs_alone(self, signature: str) -> bool:
        """Return whether a request's answer may depend on the others of its batch: any output of
        the signature is a float, or nothing says that this is an export of ours, row by row.
        """
        outputs = self.definitions[signature or DEFAULT].outputs.values()
        floats = any(tf.dtypes.as_dtype(output.dtype).is_floating for output in outputs)
        return floats or not self.facts

    def run(self, signature: str, arrays: Mapping[str, np.ndarray]) -> Arrays:
        """Run a signature on inputs and return its outputs, both by name.

        It is safe to call from several threads at once; the name "" means the default signature.

        Raises:
            Refused: with TensorFlow's message, if the graph fails.
        """
        definition = self.definitions[signature or DEFAULT]
        feed = {definition.inputs[name].name: array for name, array in arrays.items()}
        fetch = {name: tensor.name for name, tensor in definition.outputs.items()}
        try:
            found = self._session.run(fetch, feed)
        except tf.errors.OpError as error:
            raise _refused(error) from None
        return {name: _array(value) for name, value in found.items()}


def _load(session: Any, folder: Path) -> Any:
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")  # hides the warning that loading into sessions is deprecated
    try:
        return tf.compat.v1.saved_model.loader.load(session, ["serve"], str(folder))
    finally:
        logger.setLevel(level)


def _spec(info: Any) -> Spec:
    shape = tf.TensorShape(info.tensor_shape)
    sizes = None if shape.rank is None else tuple(shape.as_list())
    dtype = tf.dtypes.as_dtype(info.dtype).name
    return Spec({"float32": "float", "float64": "double"}.get(dtype, dtype), sizes)


def _array(value: Any) -> np.ndarray:
    # np.asarray would drop zeros at the end of a byte string.
    return np.array(value, object) if isinstance(value, bytes) else np.asarray(value)


def _refused(error: tf.errors.OpError) -> Refused:
    """Keep only the first lines of the message: later ones name nodes of the graph, and files."""
    lines: list[str] = []
    for line in str(error.message).splitlines():
        if "{{" in line or line.startswith(_AFTER):
            break
        lines.append(line.strip())
    text = " ".join(line for line in lines if line and line != "Graph execution error:")
    code = error_codes_pb2.Code.Name(error.error_code)
    return Refused(text[:LONGEST_ERROR] or "The graph failed.", code)
