"""JAX and TensorFlow compute the same steps from the same weights and batches."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import PRESETS, tiny_overrides

pytest.importorskip("jax", reason="there is no JAX")

ROOT = Path(__file__).resolve().parents[2]
STEPS, RATE = 5, 0.02
ALIKE: dict[str, object] = {  # no random draws, which differ between backends
    "discriminator.dropout": 0.0,
    "discriminator.noise": 0.0,
    "train.fake_labels": "tiled",
}
OPTIONS: dict[str, object] = {
    "discriminator.spectral_norm": True,
    "train.energy_weight": 3.0,
    "train.energy_of": ["colours", "shapes"],
    "train.lr_drops": [2],  # of five steps
}
CASES: dict[str, dict[str, object]] = {
    "artgan": {"preset": "artgan/cifar10"},
    "improved, three G steps": {"preset": "improved/cifar10", "train.cifar_trick": True},
    "improved, options": {"preset": "improved/cifar10"} | OPTIONS,
    "critic": {"preset": "recommended/cifar10"}
    | {"train.adversarial_loss": "relativistic", "train.fake_labels": "real"}
    | {"train.gradient_penalty": 0.3, "train.penalty_every": 2}
    | OPTIONS,
}


def settings(case: str) -> dict[str, object]:
    own = CASES[case]
    (paper,) = (paper for paper, preset in PRESETS.items() if preset == own["preset"])
    return tiny_overrides(paper, "nowhere") | ALIKE | own


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """Results of the steps of all cases, by backend."""
    folder = tmp_path_factory.mktemp("steps")
    cases = folder / "cases.json"
    cases.write_text(json.dumps({case: settings(case) for case in CASES}))
    both = {}
    for backend in ("tensorflow", "jax"):
        out = folder / f"{backend}.npz"
        command = [sys.executable, "-m", "tests.training.steps", cases, folder / "start", out]
        environment = os.environ | {"KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": ""}
        subprocess.run(list(map(str, command)), cwd=ROOT, env=environment, check=True)
        with np.load(out) as file:
            both[backend] = dict(file)
    return both


def of_case(found: dict, case: str, part: str) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """(key, TensorFlow's value, JAX's value) for all keys that contain the part."""
    one, other = found["tensorflow"], found["jax"]
    assert one.keys() == other.keys()
    return [
        (key, one[key], other[key]) for key in one if key.startswith(f"{case} ") and part in key
    ]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("case", CASES)
def test_losses_are_the_same(case, found):
    losses = of_case(found, case, "/loss/")
    assert len(losses) >= STEPS * 6
    for key, one, other in losses:
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-4, err_msg=key)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("network", ["d", "g"])
@pytest.mark.parametrize("case", CASES)
def test_gradients_are_the_same(case, network, found):
    """With plain gradient descent, a step subtracts the rate times the gradient."""
    for step in range(1, STEPS + 1):
        rate = RATE * (0.1 if step > 2 and "train.lr_drops" in CASES[case] else 1.0)
        after = of_case(found, case, f" {step}/{network}/moved/")
        before = of_case(found, case, f" {step - 1}/{network}/moved/")
        assert after
        largest = 0.0
        for (key, one, other), (_, one_before, other_before) in zip(after, before, strict=True):
            mine, theirs = (one_before - one) / rate, (other_before - other) / rate
            np.testing.assert_allclose(theirs, mine, rtol=1e-4, atol=1e-4, err_msg=key)
            largest = max(largest, float(np.abs(mine).max()))
        assert largest > 1e-2


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("case", CASES)
def test_statistics_and_averages_are_the_same(case, found):
    for part in ("/kept/", "/ema/"):
        for key, one, other in of_case(found, case, part):
            np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-4, err_msg=key)
