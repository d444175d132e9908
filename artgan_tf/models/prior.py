"""What z is drawn from."""

from typing import Any

import keras
from keras import ops

from artgan_tf import backend
from artgan_tf.config import Config


class NormalPrior:
    """z from the standard normal distribution, for a `Paper`."""

    config: Config
    prior = "the standard normal distribution"

    def latents(self, n: int, seed: keras.random.SeedGenerator) -> Any:
        return keras.random.normal((n, self.config.model.z_size), seed=seed)

    def latents_by_seed(self, seeds: Any) -> Any:
        return backend.normal_by_seed(seeds, self.config.model.z_size)

    def between(self, z: Any, other: Any, t: Any) -> Any:
        # Along an arc: half-way between two normal z of this length, a straight line is shorter.
        t, product = t[:, None], ops.sum(z * other, axis=1, keepdims=True)
        a, b = (ops.sqrt(ops.sum(ops.square(x), axis=1, keepdims=True)) for x in (z, other))
        angle = ops.arccos(ops.clip(product / ops.maximum(a * b, 1e-12), -1.0, 1.0))
        # Equal and opposite z have no arc of their own, and nearly so none that float32 can tell.
        turn = ops.maximum(ops.sin(angle), 1e-2)
        straight, length = ops.sin(angle) < 1e-2, (1.0 - t) * a + t * b
        p, q = (ops.where(straight, s, ops.sin(s * angle) / turn) for s in (1.0 - t, t))
        p, q = (s * length / ops.maximum(x, 1e-12) for s, x in ((p, a), (q, b)))
        return p * z + q * other


class UniformPrior:
    """z from the uniform distribution on [-1, 1], for a `Paper`."""

    config: Config
    prior = "the uniform distribution on [-1, 1]"

    def latents(self, n: int, seed: keras.random.SeedGenerator) -> Any:
        return keras.random.uniform((n, self.config.model.z_size), -1.0, 1.0, seed=seed)

    def latents_by_seed(self, seeds: Any) -> Any:
        return backend.uniform_by_seed(seeds, self.config.model.z_size)

    def between(self, z: Any, other: Any, t: Any) -> Any:
        t = t[:, None]
        return (1.0 - t) * z + t * other  # stays within the cube, and ends exactly at both
