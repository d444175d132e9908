"""JAX on several devices gives the results of one; the devices are virtual CPU devices."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from artgan_tf.config import InputError, Train
from artgan_tf.runs.directory import RunDirectory
from tests.conftest import PRESETS, QUICK_XLA, tiny_overrides
from tests.training.states import assert_alike, assert_same_state, assert_same_training, state

jax = pytest.importorskip("jax", reason="there is no JAX")

ROOT = Path(__file__).resolve().parents[2]
STEPS = 8
SAME: dict[str, object] = {  # with random draws, and a loss of the whole batch
    "train.batch_size": 12,
    "train.strategy": "mirrored",
    "train.energy_weight": 3.0,
    "discriminator.augment": ["colour", "translation", "cutout"],
}
OWN: dict[str, dict[str, object]] = {
    "improved": {
        "train.cifar_trick": True,
        "train.fake_labels": "groups",
        "discriminator.spectral_norm": True,
    },
    "critic": {},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """The folder of all runs; see `shared`."""
    folder = tmp_path_factory.mktemp("shared")
    trees = {
        paper: tiny_overrides(paper, "nowhere") | SAME | own | {"preset": PRESETS[paper]}
        for paper, own in OWN.items()
    }
    (folder / "settings.json").write_text(json.dumps(trees))
    command = [sys.executable, "-m", "tests.training.shared", folder / "settings.json", folder]
    flags = f"{QUICK_XLA} --xla_force_host_platform_device_count=2"
    own = {"XLA_FLAGS": flags, "CUDA_VISIBLE_DEVICES": "", "KERAS_BACKEND": "jax"}
    environment = os.environ | own
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.fixture(params=OWN)
def runs(request, trained) -> Path:
    """The folder of a model's runs on one and on two devices."""
    return trained / request.param


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("devices", ["2", "moved"])
def test_several_devices_train_as_one_does(devices, runs):
    """Losses within 1e-4, and the checkpoints; even if a run on one device resumes on two."""
    if devices != "moved":
        assert_same_training(runs / "1", runs / devices, STEPS)
    mine, theirs = (RunDirectory(runs / n).history()[-1] for n in ("1", devices))
    assert mine == pytest.approx(theirs, abs=1e-4)  # held out
    assert_alike(state(runs / "1"), state(runs / devices))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_each_device_has_its_share_of_the_work(trained):
    shares = json.loads((trained / "shares.json").read_text())
    assert shares["2"] < 1.2 * shares["1"] / 2  # each device also updates the weights


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_run_on_several_devices_goes_on_bit_for_bit(runs):
    assert_same_state(state(runs / "2"), state(runs / "resumed"))
    assert RunDirectory(runs / "2").history()[4:] == RunDirectory(runs / "resumed").history()


# ---- which devices ----------------------------------------------------------------------------
def chosen(monkeypatch: pytest.MonkeyPatch, platform: str, **settings: Any) -> int:
    """How many of two devices a run uses."""
    from artgan_tf.training.jax_engine import _devices

    two = [SimpleNamespace(platform=platform)] * 2
    monkeypatch.setattr(jax, "local_devices", lambda: two)
    return len(_devices(Train(**settings)))


@pytest.mark.parametrize(
    ("platform", "strategy", "count"),
    [
        ("gpu", "auto", 2),
        ("tpu", "auto", 2),
        ("cpu", "auto", 1),
        ("gpu", "one", 1),
        ("gpu", "mirrored", 2),
        ("cpu", "mirrored", 2),
    ],
)
def test_what_a_strategy_means(platform, strategy, count, monkeypatch, caplog):
    settings = {"batch_size": 12, "cifar_trick": True, "strategy": strategy}
    assert chosen(monkeypatch, platform, **settings) == count
    assert not caplog.records


def test_a_batch_that_does_not_divide(monkeypatch, caplog):
    """It is refused if all devices were requested, and reported otherwise."""
    assert chosen(monkeypatch, "gpu", batch_size=9) == 1
    (record,) = caplog.records
    assert record.message.startswith("train.batch_size = 9 does not divide among 2 devices: ")
    assert record.message.endswith(" Training on one of 2 devices.")
    with pytest.raises(InputError, match=r"make --batch-size a multiple of 2, or set --strategy "):
        chosen(monkeypatch, "cpu", batch_size=9, strategy="mirrored")


# ---- compiled once ----------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_what_is_compiled_is_kept_in_the_cache(trained, cache):
    assert list((cache / "jax").glob("*/jit_call-*"))


@pytest.mark.parametrize("told", [None, "elsewhere"])
@pytest.mark.parametrize("place", ["folder", "file", ""])
def test_where_it_is_kept(place, told, monkeypatch, tmp_path):
    """In JAX's own cache folder if one is set; nowhere without a writable folder."""
    from artgan_tf.training.compiled import keep_compiled

    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ARTGAN_CACHE", str(tmp_path / place) if place else "")
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # no passwd entry
    before = jax.config.jax_compilation_cache_dir
    try:
        jax.config.update("jax_compilation_cache_dir", told)
        keep_compiled()
        kept = jax.config.jax_compilation_cache_dir
    finally:
        jax.config.update("jax_compilation_cache_dir", before)
    if told or place != "folder":
        assert kept == told
    else:
        assert Path(kept).parent == tmp_path / "folder" / "jax"
