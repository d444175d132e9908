"""Gradient penalties through our fast layers, compared with Keras's operations."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artgan_tf import fast
from tests.fast.second_derivatives import CASES, CHANNELS, SIDE, N, computed, draw

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", params=["tensorflow", "jax"])
def found(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """All variables after a step with a backend, with our kernel gradients wherever they exist."""
    if request.param == "tensorflow":
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(fast.PAYS, "float32", 0)
            return computed()
    pytest.importorskip("jax", reason="there is no JAX")
    out = tmp_path_factory.mktemp("second") / "found.npz"
    environment = os.environ | {"KERAS_BACKEND": "jax", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-m", "tests.fast.second_derivatives", str(out)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    with np.load(out) as file:
        return dict(file)


@pytest.mark.parametrize("case", CASES)
def test_a_penaltys_gradients_are_those_of_plain_operations(case, found):
    ours, plain = (
        [value for key, value in found.items() if key.startswith(f"{case}/{kind}/")]
        for kind in ("ours", "plain")
    )
    assert len(ours) == len(plain) >= 2
    for one, other in zip(ours, plain, strict=True):
        scale = max(np.abs(other).max(), 1.0)
        np.testing.assert_allclose(one / scale, other / scale, rtol=0, atol=1e-5)


def test_moving_statistics_are_assigned_once(found):
    seen = draw((N, SIDE, SIDE, CHANNELS), 100) + draw((N, SIDE, SIDE, CHANNELS), 0)
    mean, variance = (found[f"batch norm/ours/{i}"] for i in (3, 4))
    np.testing.assert_allclose(mean, 0.1 * seen.mean(axis=(0, 1, 2)), atol=1e-5)
    np.testing.assert_allclose(variance, 0.9 + 0.1 * seen.var(axis=(0, 1, 2)), atol=1e-5)
