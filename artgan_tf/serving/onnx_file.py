"""The generator as one ONNX file, for programs without TensorFlow; checked by ONNX Runtime.

What is converted is the network alone, not `Sampler.images`, which fills batches up: tf2onnx makes
its floor division one that rounds towards zero, and 17 latents would give 16 pictures.
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

FILE = "generator.onnx"
PACKAGES = ("tf2onnx", "onnx", "onnxruntime")
OPSET = 17  # of 2022: ONNX Runtime from 1.12 on
LEVELS = 1  # grey levels that another order of the same sums may move a pixel by
BATCHES = (1, 3, 17)
SMALL = 256  # values; smaller constants stay float32, for they weigh nothing


def require() -> None:
    """Raises InputError, with what to type, where a package of the extra cannot be imported."""
    for name in PACKAGES:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise InputError(
                f"--onnx needs {name} ({error}): pip install 'artgan-tf[onnx]', or in a clone "
                "pip install -r requirements-onnx.txt."
            ) from error


def write_onnx(file: Path, sampler: Sampler, half: bool = False) -> None:
    """Convert a sampler's generator; the file knows the names of the classes.

    Args:
        file: to write.
        sampler: whose generator it is; one of mixed precision is computed in float32.
        half: whether large weights are kept as float16, and computed with in float32 all the same.
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
    """Compare what ONNX Runtime paints with what Keras paints, in batches of several sizes.

    Args:
        file: the ONNX file.
        sampler: it was made of.
        half: whether its weights are float16: then a few grey levels are allowed.

    Raises:
        RunError: it does not run, or paints something else.
    """
    sampler, levels = _in_float32(sampler), LEVELS + (HALF_LEVELS if half else 0)
    for count in BATCHES:
        z = sampler.latents(range(count)).numpy()
        label = np.arange(count, dtype=np.int32) % sampler.gan.num_classes
        found = _run(file, {"z": z, "label": label})
        for name, magnified in _outputs(sampler).items():
            with tf.device("CPU"):  # a GPU would multiply with fewer bits than ONNX Runtime here
                wanted = sampler.paint(z, sampler.gan.one_hot(label), magnified)
            compare(f"{FILE}/{name}", found[name], wanted, levels)


def _run(file: Path, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors are raised anyway
    try:
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        answers = session.run(None, inputs)
    except Exception as error:  # its classes have no common name that is public
        raise RunError(f"ONNX Runtime cannot run {FILE}: {str(error).splitlines()[0]}") from error
    return dict(zip((output.name for output in session.get_outputs()), answers, strict=True))


def _in_float32(sampler: Sampler) -> Sampler:
    """The sampler, its generator in float32: ONNX Runtime convolves no bfloat16."""
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
        # ONNX cannot assert, and of a label out of range its one-hot makes no class or another
        # one.  Gather refuses what is too large; it would count negative ones from the end.
        y = tf.gather(tf.eye(gan.num_classes), tf.where(label < 0, gan.num_classes, label))
        images = {}
        for name, magnified in _outputs(sampler).items():
            options = {"magnified": True} if magnified else {}
            images[name] = gan.to_uint8(sampler.generator(z, y, training=False, **options))
        return images

    return paint


def _outputs(sampler: Sampler) -> dict[str, bool]:
    """Whether each output is at twice the size; the layers that both need are converted once."""
    magnify = sampler.gan.config.model.magnify
    return {"images": False, "magnified": True} if magnify else {"images": False}


def _halve(model: Any) -> None:
    """Keep large float32 constants as float16; the runtime widens them once, when it loads."""
    from onnx import TensorProto, helper, numpy_helper

    for tensor in model.graph.initializer:
        value = numpy_helper.to_array(tensor)
        if value.dtype != np.float32 or value.size < SMALL:
            continue
        name, kept = tensor.name, f"{tensor.name}/float16"
        tensor.CopyFrom(numpy_helper.from_array(value.astype(np.float16), kept))
        cast = helper.make_node("Cast", [kept], [name], to=TensorProto.FLOAT)
        model.graph.node.insert(0, cast)
