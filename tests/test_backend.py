"""The precision that `auto` chooses, on present and simulated devices."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from artgan_tf import backend
from artgan_tf.backend import tensorflow as of_tensorflow
from artgan_tf.papers import build_gan
from tests.gans import K, tiny


@pytest.fixture
def machine(monkeypatch):
    """`machine(flags, capabilities)`: flags of the processor, a compute capability for each GPU."""

    def pretend(flags: str, *capabilities: tuple[int, int] | None) -> None:
        details = [{"compute_capability": c} if c else {} for c in capabilities]
        monkeypatch.setattr(of_tensorflow, "processor_flags", lambda: set(flags.split()))
        monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: details)
        monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda device: device)

    return pretend


@pytest.mark.parametrize(
    ("flags", "capabilities", "precision"),
    [
        ("fpu avx512f avx512_bf16", [], "mixed_bfloat16"),
        ("fpu amx_bf16", [], "mixed_bfloat16"),
        ("fpu avx2 avx512f", [], "float32"),
        ("", [], "float32"),
        ("avx512_bf16", [(7, 5)], "float32"),
        ("", [(8, 0)], "mixed_bfloat16"),
        ("", [(9, 0), (7, 0)], "float32"),
        ("", [None], "float32"),
    ],
)
def test_what_is_fast_on_a_machine(machine, flags, capabilities, precision):
    machine(flags, *capabilities)
    assert backend.fast_precision() == precision


def test_auto_is_what_is_fast_and_nothing_else_is(machine):
    machine("amx_bf16")
    gan = build_gan(tiny("improved", train__precision="auto"), K)
    assert gan.dtype_name == "mixed_bfloat16"
    assert gan.generator.paint.compute_dtype == "bfloat16"
    assert all(variable.dtype == "float32" for variable in gan.generator.trainable_variables)
    assert build_gan(tiny("improved"), K).dtype_name == "float32"


@pytest.mark.parametrize(
    ("platform", "capability", "precision"),
    [
        ("cpu", "0", "float32"),
        ("tpu", "0", "mixed_bfloat16"),
        ("gpu", "7.5", "float32"),
        ("gpu", "10.0", "mixed_bfloat16"),
        ("gpu", "gfx942:sramecc+:xnack-", "mixed_bfloat16"),
        ("gpu", "gfx906", "float32"),
    ],
)
def test_what_is_fast_for_jax(monkeypatch, platform, capability, precision):
    jax = pytest.importorskip("jax", reason="there is no JAX")
    from artgan_tf.backend.jax import fast_precision

    device = SimpleNamespace(platform=platform, compute_capability=capability)
    monkeypatch.setattr(jax, "devices", lambda: [device])
    assert fast_precision() == precision


def test_initial_weights_of_jax_are_normal_and_follow_the_seed():
    pytest.importorskip("jax", reason="there is no JAX")
    from artgan_tf.backend.jax import RandomNormal

    def drawn(seed):
        keras.utils.set_random_seed(seed)
        return [np.array(RandomNormal(stddev=0.02)((300, 200))) for _ in range(2)]

    (one, two), again, other = drawn(0), drawn(0), drawn(1)
    assert one.dtype == np.float32
    assert one.std() == pytest.approx(0.02, rel=0.02)
    assert abs(one.mean()) < 3e-4
    assert np.corrcoef(one.ravel(), two.ravel())[0, 1] == pytest.approx(0, abs=0.02)
    np.testing.assert_array_equal(one, again[0])
    assert not np.array_equal(one, other[0])
