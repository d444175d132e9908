"""The cases of the golden values: settings of tensorflow-addons, and tolerances."""

from typing import Any

SEED = 20240501
CALLS = 3  # training calls of a spectrally normalized layer
STEPS = 12  # training steps under the moving average

# Variables of the small model in the order of its layers, the same in Keras 2 and Keras 3.
VARIABLES = (
    "first_kernel",
    "gamma",
    "beta",
    "moving_mean",
    "moving_variance",
    "last_kernel",
    "last_bias",
)

Case = dict[str, Any]


def _norm(**settings: Any) -> Case:
    return {"settings": settings, **NORM}


def _spectral(layer: str, power_iterations: int = 1, rate: float = 0.0, **of_layer: Any) -> Case:
    settings = {
        "layer": layer,
        "power_iterations": power_iterations,
        "rate": rate,
        "of_layer": of_layer,
    }
    return {"settings": settings, **SPECTRAL}


def _average(optimizer: str, rate: float, decay: float, dynamic: bool = False) -> Case:
    settings = {
        "optimizer": optimizer,
        "learning_rate": rate,
        "decay": decay,
        "dynamic_decay": dynamic,
    }
    return {"settings": settings, **AVERAGE}


# Results differ only by rounding; observed errors are from the machine that made the golden values.
NORM = {
    "rtol": 1e-5,
    "atol": 1e-4,
    "reason": "Seen: 0, both compute the same formula in the same order. Left for other orders of "
    "summing: 1e-6 of rounding, times 1 / deviation, which is 100 in the smallest channel.",
}
SPECTRAL = {
    "rtol": 1e-5,
    "atol": 3e-5,
    "reason": "Seen: 6e-6 on values up to 30. float32 sums of up to 60 products, whose rounding "
    "goes with the sum of the products' sizes, also where they cancel.",
}
AVERAGE = {
    "rtol": 1e-6,
    "atol": 2e-6,
    "reason": "Seen: 3e-7 on values up to 3. Twelve updates, each rounded once (1.2e-7 on such a "
    "value); addons writes mean -= (1 - d) (mean - w), we mean = w + d (mean - w).",
}

CONV: dict[str, Any] = {"filters": 4, "kernel_size": 3, "padding": "same"}
STRIDED: dict[str, Any] = {"filters": 3, "kernel_size": 4, "strides": 2, "padding": "same"}

OF_KIND: dict[str, dict[str, Case]] = {
    "norm": {
        "instance": _norm(),
        "instance, small epsilon": _norm(epsilon=1e-5),
        "group 1": _norm(groups=1),
        "group 2": _norm(groups=2),
        "group 3": _norm(groups=3),
        "group 6": _norm(groups=6),
        "group 2, plain": _norm(groups=2, center=False, scale=False),
    },
    "spectral": {
        "convolution": _spectral("Conv2D", **CONV),
        "convolution, five iterations": _spectral("Conv2D", 5, **CONV),
        "convolution, trained": _spectral("Conv2D", rate=0.01, **CONV),
        "strided": _spectral("Conv2D", use_bias=False, **STRIDED),
        "dense": _spectral("Dense", units=5),
        "dense, two iterations": _spectral("Dense", 2, units=5),
        "dense, trained": _spectral("Dense", rate=0.05, use_bias=False, units=5),
    },
    "average": {
        "sgd, 0.5": _average("SGD", 0.1, 0.5),
        "sgd, 0.9": _average("SGD", 0.1, 0.9),
        "adam, 0.99": _average("Adam", 0.05, 0.99),
        "adam, 0.999": _average("Adam", 0.05, 0.999),
        # The warm-up (1 + step) / (10 + step) passes 0.4 after five steps, and never reaches 0.999.
        "sgd, dynamic to 0.4": _average("SGD", 0.1, 0.4, dynamic=True),
        "adam, dynamic to 0.999": _average("Adam", 0.05, 0.999, dynamic=True),
    },
}
