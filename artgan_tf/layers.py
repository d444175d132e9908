"""Layers of all models, on `keras.ops` alone: blocks, upsampling, spectral normalization."""

from collections.abc import Iterator
from math import prod
from typing import Any

import keras
from keras import ops

from artgan_tf import backend, fast


def sublayers(holder: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (path, object), such as ("blocks/0/norm/", layer), outer layers first.

    It walks a layer with all layers and seed generators in its public attributes.
    """
    if isinstance(holder, list | tuple):
        for index, each in enumerate(holder):
            yield from sublayers(each, f"{place}{index}/")
    elif isinstance(holder, keras.random.SeedGenerator):
        yield place, holder
    elif isinstance(holder, keras.Layer):
        yield place, holder
        inner = {"layers": holder.layers} if isinstance(holder, keras.Sequential) else vars(holder)
        for name, value in inner.items():
            if not name.startswith("_"):
                yield from sublayers(value, f"{place}{name}/")


def batch_norm(settings: dict[str, float], dtype: Any) -> keras.layers.BatchNormalization:
    """Batch norm over the batch of all replicas; with JAX an array is the whole batch anyway."""
    return fast.BatchNormalization(**settings, synchronized=backend.replicas() > 1, dtype=dtype)


class Block(keras.layers.Layer):
    """[dropout ->] convolution or dense -> [batch norm ->] leaky ReLU, or ReLU if `slope` is 0.

    `weights` is the layer with the weights, `norm` the settings of batch norm or None.
    In a call, `training` makes batch norm use the batch's statistics, `dropout` turns dropout on.
    """

    def __init__(
        self,
        weights: keras.layers.Layer,
        norm: dict[str, float] | None,
        slope: float,
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        dtype = self.dtype_policy
        self.dropout = Dropout(dropout, dtype=dtype) if dropout else None
        self.inner = weights
        self.norm = None if norm is None else batch_norm(norm, dtype)
        self.slope = slope

    def call(self, x: Any, training: bool = False, dropout: bool = False) -> Any:
        if self.dropout is not None:
            x = self.dropout(x, training=dropout)
        x = self.inner(x)
        if self.norm is not None:
            x = self.norm(x, training=training)
        return ops.leaky_relu(x, negative_slope=self.slope) if self.slope else ops.relu(x)


class Dropout(keras.layers.Dropout):
    """Dropout; each replica drops what one device would drop in its rows of the whole batch."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or backend.replica()[1] == 1:
            return super().call(inputs, training=training)
        n, *shape = ops.shape(inputs)

        def draw(rows: Any) -> Any:
            ones = ops.ones((rows, *shape), inputs.dtype)
            return keras.random.dropout(ones, self.rate, seed=self.seed_generator)

        return inputs * backend.own_rows(n, draw)


# ---- upsampling -------------------------------------------------------------------------------
def upsample_kernel(kernel: Any) -> Any:
    """The 4x4 transposed-convolution kernel that equals nearest x2 followed by a 3x3 convolution.

    The kernel [3, 3, in, out] of a SAME convolution becomes [4, 4, out, in], for stride 2 and SAME:
    the sum of the four one-pixel shifts of the spatially flipped kernel.
    """
    turned = ops.transpose(ops.flip(kernel, axis=(0, 1)), (0, 1, 3, 2))
    tall = ops.pad(turned, [[0, 1], [0, 0], [0, 0], [0, 0]])
    tall = tall + ops.pad(turned, [[1, 0], [0, 0], [0, 0], [0, 0]])
    wide = ops.pad(tall, [[0, 0], [0, 1], [0, 0], [0, 0]])
    return wide + ops.pad(tall, [[0, 0], [1, 0], [0, 0], [0, 0]])


class UpsampleConv2D(keras.layers.Layer):
    """Nearest x2 then a bias-free 3x3 SAME convolution, computed as one transposed convolution.

    [N, H, W, C] -> [N, 2H, 2W, filters]. The weight is the 3x3 kernel, so parameter counts match
    the paper; each output pixel takes 4 multiplications instead of 9, without an upsampled copy.
    """

    def __init__(self, filters: int, kernel_initializer: Any = "glorot_uniform", **kwargs: Any):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        # autocast off: the shifts are summed in float32 and rounded once.
        self.kernel = self.add_weight(
            name="kernel",
            shape=(3, 3, input_shape[-1], self.filters),
            initializer=self.kernel_initializer,
            autocast=False,
        )

    def call(self, x: Any) -> Any:
        kernel = ops.cast(upsample_kernel(self.kernel), self.compute_dtype)
        return fast.transpose_convolve(x, kernel, stride=2)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple:
        n, height, width, _ = input_shape
        return n, height and 2 * height, width and 2 * width, self.filters


# ---- spectral normalization (Miyato et al., 2018) ---------------------------------------------
class Spectral(keras.layers.Layer):
    """Divides a layer's kernel by its largest singular value, without assigning the kernel.

    Only `update()`, in the D step, changes the power iteration's vectors `u` and `v`.
    """

    kernel: Any

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        rows, columns = _matrix(self.kernel).shape
        self.v, self.u = self._vector("v", rows), self._vector("u", columns)

    def _vector(self, name: str, length: int) -> keras.Variable:
        start: Any = {"initializer": backend.RandomNormal(), "trainable": False}
        return self.add_weight(name=name, shape=(length, 1), autocast=False, **start)

    def update(self) -> None:
        """Do one power iteration on the current kernel."""
        kernel = ops.stop_gradient(_matrix(self.kernel))
        v = ops.normalize(kernel @ self.u, axis=0)
        self.v.assign(v)
        self.u.assign(ops.normalize(ops.transpose(kernel) @ v, axis=0))

    def normalized(self, kernel: Any) -> Any:
        """The kernel divided by sigma = v' W u, whose gradient flows through W only."""
        u, v = ops.cast(self.u, kernel.dtype), ops.cast(self.v, kernel.dtype)
        return kernel / ops.sum(v * (_matrix(kernel) @ u))


class SpectralConv2D(Spectral, fast.Conv2D):
    """A convolution with spectral normalization."""

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        return super().convolution_op(inputs, self.normalized(kernel))


class SpectralDense(Spectral, keras.layers.Dense):
    """A linear layer with spectral normalization."""

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        x = ops.matmul(inputs, self.normalized(self.kernel))
        return x if self.bias is None else x + self.bias


def update_spectral_norm(network: keras.Model) -> None:
    """Do one power iteration in every spectrally normalized layer of a network."""
    for _, layer in sublayers(network):
        if isinstance(layer, Spectral):
            layer.update()


def _matrix(kernel: Any) -> Any:
    """The kernel as a matrix [inputs, outputs]; a convolution's is [K * K * in, out]."""
    *inputs, outputs = kernel.shape
    return ops.reshape(kernel, (prod(inputs), outputs))
