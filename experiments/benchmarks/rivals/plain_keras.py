"""Plain Keras layers that replace ours for comparison."""

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

KINDS = ("batch norm", "upsampling", "convolutions")


@contextmanager
def plain_layers(kinds: Collection[str] = KINDS) -> Iterator[None]:
    """Networks built in this context use Keras's layers of these kinds; upsampling is separate."""
    with ExitStack() as stack:
        for kind in kinds:
            for module, name, layer in _changes()[kind]:
                stack.enter_context(patch.object(module, name, layer))
        yield


def _changes() -> dict[str, list[tuple[Any, str, Any]]]:
    """For each kind, the modules that name our layer, its name there, and Keras's layer."""
    import keras

    from artgan_tf import fast, layers

    own = keras.layers
    return {
        "batch norm": [(fast, "BatchNormalization", own.BatchNormalization)],
        "upsampling": [(layers, "UpsampleConv2D", upsample_then_convolve)],
        "convolutions": [
            (fast, "Conv2D", own.Conv2D),
            (fast, "Conv2DTranspose", own.Conv2DTranspose),
        ],
    }


def upsample_then_convolve(filters: int, initializer: Any, dtype: Any) -> Any:
    """The layers that `UpsampleConv2D` replaces."""
    import keras

    settings: dict[str, Any] = {"use_bias": False, "kernel_initializer": initializer}
    enlarge = keras.layers.UpSampling2D(2, interpolation="nearest", dtype=dtype)
    convolve = keras.layers.Conv2D(filters, 3, padding="same", dtype=dtype, **settings)
    return keras.Sequential([enlarge, convolve])
