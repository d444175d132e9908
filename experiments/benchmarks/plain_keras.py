"""What a straightforward Keras version has in the place of our layers."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch


@contextmanager
def plain_layers() -> Iterator[None]:
    """Networks built here have Keras's own layers, and upsample before they convolve."""
    import keras

    from artgan_tf.networks import artgan, improved, layers

    own = keras.layers
    changes: Sequence[tuple[Any, str, Any]] = (
        (layers, "BatchNormalization", own.BatchNormalization),
        (improved, "UpsampleConv2D", upsample_then_convolve),
        (improved, "Conv2D", own.Conv2D),
        (artgan, "Conv2D", own.Conv2D),
        (artgan, "Conv2DTranspose", own.Conv2DTranspose),
    )
    with ExitStack() as stack:
        for module, name, layer in changes:
            stack.enter_context(patch.object(module, name, layer))
        yield


def upsample_then_convolve(filters: int, initializer: Any, dtype: Any) -> Any:
    """What `UpsampleConv2D` replaces."""
    import keras

    settings: dict[str, Any] = {"use_bias": False, "kernel_initializer": initializer}
    enlarge = keras.layers.UpSampling2D(2, interpolation="nearest", dtype=dtype)
    convolve = keras.layers.Conv2D(filters, 3, padding="same", dtype=dtype, **settings)
    return keras.Sequential([enlarge, convolve])
