"""The signatures of an exported generator, as TensorFlow functions of a module that can be saved.

The graph contains all that TF Serving needs: latents from seeds, PNG decoding and encoding, range
checks and the class names. The module holds the variables of the Keras models but not the models
themselves: with a Keras 3 model attached, TF Serving loads the export and then fails its first
request.
"""

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from artgan_tf.data.source import short_side
from artgan_tf.sampler import Sampler
from artgan_tf.serving import pictures

Outputs = dict[str, Any]


class Signatures:
    """Builds the signatures of one sampler.

    Args:
        sampler: provides the generator and the discriminator.
        half: whether to store weights as float16; computation stays in float32.
    """

    def __init__(self, sampler: Sampler, half: bool = False):
        self.sampler, self.gan = sampler, sampler.gan
        networks = (sampler.generator, self.gan.discriminator)
        variables = {id(v): v for network in networks for v in network.variables}
        self.variables = list(variables.values())
        self.module = tf.Module()
        self.module.weights = [_stored(v, half) for v in self.variables]
        self.half = half

    def functions(self) -> dict[str, Any]:
        """Return the functions by signature name, without those that the model does not support.

        `magnified` needs Improved ArtGAN's `magnify`, and `reconstruct` needs the autoencoder.
        """
        label, seed = _spec("int32", "label"), _spec("int64", "seed")
        inputs: dict[Callable[..., Outputs], list[tf.TensorSpec]] = {
            self.serving_default: [label, seed],
            self.magnified: [label, seed],
            self.mix: [
                seed,
                _spec("int64", "seed_to"),
                _spec("float32", "t"),
                _spec("float32", "weights", self.gan.num_classes),
                _spec("float32", "truncation"),
            ],
            self.generate: [_spec("float32", "z", self.gan.config.model.z_size), label],
            self.classify: [_spec("string", "image_bytes")],
            self.reconstruct: [_spec("string", "image_bytes")],
        }
        if not self.gan.config.model.magnify:
            del inputs[self.magnified]
        if not self.gan.config.model.autoencoder:
            del inputs[self.reconstruct]
        return {
            function.__name__: tf.function(
                self._endpoint(function), input_signature=signature, autograph=False
            )
            for function, signature in inputs.items()
        }

    # ---- signatures ---------------------------------------------------------------------------
    def serving_default(self, label: Any, seed: Any) -> Outputs:
        """Generate one PNG for each label, int32 [N], and seed, int64 [N]."""
        return self._as_png(self.sampler.latents(seed), self._one_hot(label))

    def magnified(self, label: Any, seed: Any) -> Outputs:
        """Generate the pictures of `serving_default` at twice the size."""
        z = self.sampler.latents(seed)
        return self._as_png(z, self._one_hot(label), magnified=True)

    def mix(self, seed: Any, seed_to: Any, t: Any, weights: Any, truncation: Any) -> Outputs:
        """Generate PNGs between two seeds and from mixtures of classes.

        Args:
            seed: int64 [N], where t is 0.
            seed_to: int64 [N], where t is 1.
            t: float32 [N], the position between the two latents.
            weights: float32 [N, K], the share of each class.
            truncation: float32 [N], the factor of the latents.
        """
        latents = self.sampler.latents
        z = truncation[:, None] * self.gan.interpolate(latents(seed), latents(seed_to), t)
        z = _finite(z, "t and truncation must be finite numbers")
        return self._as_png(z, _finite(weights, "weights must be finite numbers"))

    def generate(self, z: Any, label: Any) -> Outputs:
        """Generate uint8 [N, H, W, 3] from latents, float32 [N, Z], and labels, int32 [N]."""
        z = _finite(z, "z must be finite numbers")
        return {"images": self.sampler.images(z, self._one_hot(label))}

    def classify(self, image_bytes: Any) -> Outputs:
        """Classify encoded pictures, string [N]: label and class name [N], scores [N, K] and
        realness [N].
        """
        scores, realness = self.gan.judge(self._decoded(image_bytes))
        label = tf.argmax(scores, axis=1, output_type=tf.int32)
        names = tf.gather(tf.constant(self.sampler.class_names), label)
        return {"label": label, "class_name": names, "scores": scores, "realness": realness}

    def reconstruct(self, image_bytes: Any) -> Outputs:
        """Pass encoded pictures, string [N], through the autoencoder; the result is N PNGs."""
        images = self.gan.reconstruct(self._decoded(image_bytes), self.sampler.generator)
        return {"image_bytes": _encoded(self.gan.to_uint8(images))}

    # ---- parts --------------------------------------------------------------------------------
    def _as_png(self, z: Any, y: Any, magnified: bool = False) -> Outputs:
        return {"image_bytes": _encoded(self.sampler.images(z, y, magnified))}

    def _one_hot(self, label: Any) -> Any:
        """Encode labels as one-hot; reject those out of range, for which a GPU would return zeros
        and so a picture of no class.
        """
        k = self.gan.num_classes
        inside = tf.reduce_all((label >= 0) & (label < k))
        message = f"label must be from 0 to {k - 1}, and is:"
        return self.gan.one_hot(_checked(label, inside, message, label))

    def _decoded(self, encoded: Any) -> Any:
        """Decode images of any format and size to D's training input: float32 [N, S, S, 3]."""
        data = self.gan.config.data
        decode = partial(pictures.decode, side=short_side(data), size=data.image_size)
        spec = tf.TensorSpec((data.image_size, data.image_size, 3), tf.uint8)
        return self.gan.from_uint8(tf.map_fn(decode, encoded, fn_output_signature=spec))

    # ---- weights ------------------------------------------------------------------------------
    def _endpoint(self, function: Callable[..., Outputs]) -> Callable[..., Outputs]:
        """Wrap the function so that it checks the rows of its inputs and computes with the module's
        weights, not Keras's variables.

        The weights matter for float16 only; otherwise they are the same variables.
        """

        def call(*inputs: Any) -> Outputs:
            with self._weights():
                return function(*_aligned(inputs))

        return call

    def _weights(self) -> Any:
        if not self.half:
            return contextlib.nullcontext()
        pairs = zip(self.variables, self.module.weights, strict=True)
        return keras.StatelessScope([(v, tf.cast(kept, v.dtype)) for v, kept in pairs])


def _aligned(inputs: Sequence[Any]) -> list[Any]:
    """Return the inputs, or fail unless all have as many rows: padded batches would hide it."""
    counts = tf.stack([tf.shape(each)[0] for each in inputs])
    same = tf.reduce_all(counts == counts[0])
    message = "inputs must have equally many rows, and have:"
    return [_checked(each, same, message, counts) for each in inputs]


def _finite(value: Any, message: str) -> Any:
    """Return the value, or fail if it is not finite: a single NaN would give a black picture."""
    return _checked(value, tf.reduce_all(tf.math.is_finite(value)), message)


def _checked(value: Any, holds: Any, *message: Any) -> Any:
    """Return the value, or fail in the graph unless the condition holds; servers answer 400."""
    with tf.control_dependencies([tf.debugging.Assert(holds, message)]):
        return tf.identity(value)


def _stored(variable: keras.Variable, half: bool) -> tf.Variable:
    if not half:
        return variable.value
    value = np.asarray(variable)
    return tf.Variable(value.astype(np.float16) if value.dtype == np.float32 else value)


def _encoded(images: Any) -> Any:
    return tf.map_fn(tf.io.encode_png, images, fn_output_signature=tf.string)


def _spec(dtype: str, name: str, *shape: int) -> tf.TensorSpec:
    return tf.TensorSpec((None, *shape), dtype, name=name)
