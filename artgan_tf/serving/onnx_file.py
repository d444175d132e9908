"""Exports the generator as an ONNX file for programs without TensorFlow, and checks the file.

Only the network is converted. `Sampler.images` pads batches with a floor division, which tf2onnx
converts to one that rounds towards zero, so that 17 latents would give 16 pictures.
"""

import copy
import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from artgan_tf.config import InputError, RunError
from artgan_tf.sampler import Sampler
from artgan_tf.serving.check import HALF_LEVELS, compare
from tfrecords_tools.common.errors import first_line

FILE = "generator.onnx"
PACKAGES = ("tf2onnx", "onnx", "onnxruntime")
OPSET = 17  # from 2022; needs ONNX Runtime 1.12 or later
LEVELS = 1  # largest difference in grey levels that a different order of summation may cause
BATCHES = (1, 3, 17)  # batch sizes to check
SMALL = 256  # values; smaller constants stay float32, since they hardly add to the size


def require() -> None:
    """Raise InputError, with the command to type, if a package of the extra cannot be imported."""
    for name in PACKAGES:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise InputError(
                f"--onnx needs {name} ({error}): pip install 'artgan-tf[onnx]', or in a clone "
                "pip install -r requirements-onnx.txt."
            ) from error


def write_onnx(file: Path, sampler: Sampler, half: bool = False) -> None:
    """Convert a sampler's generator; the file's metadata holds the class names.

    Inputs are z, float32 [N, Z], and label, int32 [N]; outputs are `images`, uint8 [N, H, W, 3],
    and, for a model that magnifies, `magnified`, uint8 [N, 2H, 2W, 3].

    Args:
        file: the file to write.
        sampler: provides the generator; one of mixed precision computes in float32 in the file.
        half: whether to store large weights as float16; computation stays in float32.
    """
    import onnx
    import tf2onnx

    inputs = (
        tf.TensorSpec((None, sampler.gan.config.model.z_size), "float32", "z"),
        tf.TensorSpec((None,), "int32", "label"),
    )
    function = tf.function(_network(_in_float32(sampler)), inputs, autograph=False)
    model, _ = tf2onnx.convert.from_function(function, inputs, opset=OPSET)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    names = json.dumps(sampler.class_names, ensure_ascii=False)
    onnx.helper.set_model_props(model, {"class_names": names})
    if half:
        _halve(model)
    onnx.checker.check_model(model)
    file.write_bytes(model.SerializeToString())


def check_onnx(file: Path, sampler: Sampler, half: bool = False) -> None:
    """Compare the pictures of ONNX Runtime with those of Keras, in batches of several sizes.

    Raises:
        RunError: the file does not run, or its pictures differ by more than `LEVELS`, and
            `HALF_LEVELS` if its weights are float16.
    """
    sampler, levels = _in_float32(sampler), LEVELS + (HALF_LEVELS if half else 0)
    for count in BATCHES:
        z = sampler.latents(range(count)).numpy()
        label = np.arange(count, dtype=np.int32) % sampler.gan.num_classes
        found = _run(file, {"z": z, "label": label})
        for name, magnified in _outputs(sampler).items():
            with tf.device("CPU"):  # a GPU may multiply at lower precision than ONNX Runtime
                wanted = sampler.paint(z, sampler.gan.one_hot(label), magnified)
            compare(f"{FILE}/{name}", found[name], wanted, levels)


def _run(file: Path, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # fatal only: errors are raised anyway
    try:
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        answers = session.run(None, inputs)
    except Exception as error:  # its exceptions have no public base class
        raise RunError(f"ONNX Runtime cannot run {FILE}: {first_line(error)}.") from error
    return dict(zip((output.name for output in session.get_outputs()), answers, strict=True))


def _in_float32(sampler: Sampler) -> Sampler:
    """Return the sampler with its generator in float32: ONNX Runtime cannot convolve bfloat16."""
    gan, config = sampler.gan, sampler.gan.config
    if gan.dtype_name == "float32":
        return sampler
    twin = copy.copy(sampler)
    twin.generator = type(sampler.generator)(config.model, config.data.image_size)
    twin.generator(sampler.latents([0]), gan.one_hot([0]))
    twin.generator.set_weights(sampler.generator.get_weights())
    return twin


def _network(sampler: Sampler) -> Callable[[Any, Any], dict[str, Any]]:
    gan = sampler.gan

    def paint(z: Any, label: Any) -> dict[str, Any]:
        # ONNX has no assertions, and its one-hot turns a label out of range into no class or
        # another class. Gather rejects labels that are too large, but counts negative ones from the
        # end, so those are replaced by one that is too large.
        y = tf.gather(tf.eye(gan.num_classes), tf.where(label < 0, gan.num_classes, label))
        images = {}
        for name, magnified in _outputs(sampler).items():
            options = {"magnified": True} if magnified else {}
            images[name] = gan.to_uint8(sampler.generator(z, y, training=False, **options))
        return images

    return paint


def _outputs(sampler: Sampler) -> dict[str, bool]:
    """Map each output to whether it is at twice the size; shared layers are converted once."""
    magnify = sampler.gan.config.model.magnify
    return {"images": False, "magnified": True} if magnify else {"images": False}


def _halve(model: Any) -> None:
    """Store large float32 constants as float16; ONNX Runtime widens them once, on loading."""
    from onnx import TensorProto, helper, numpy_helper

    for tensor in model.graph.initializer:
        value = numpy_helper.to_array(tensor)
        if value.dtype != np.float32 or value.size < SMALL:
            continue
        name, kept = tensor.name, f"{tensor.name}/float16"
        tensor.CopyFrom(numpy_helper.from_array(value.astype(np.float16), kept))
        cast = helper.make_node("Cast", [kept], [name], to=TensorProto.FLOAT)
        model.graph.node.insert(0, cast)
