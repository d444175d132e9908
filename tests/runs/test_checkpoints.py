"""The best checkpoint: only one is kept, with its metric, complete or absent."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artgan_tf.config import InputError, resolve
from artgan_tf.gan import GAN
from artgan_tf.papers import build_gan
from artgan_tf.runs.checkpoint_file import Saved
from artgan_tf.runs.checkpoints import Checkpoints, Which, best, choose, latest_step
from artgan_tf.runs.networks import Loaded, load_networks
from tests.conftest import tiny_overrides


@pytest.fixture(scope="module")
def gan() -> GAN:
    return build_gan(resolve("improved/cifar10", tiny_overrides("improved", "none")), 3)


@pytest.fixture
def checkpoints(gan: GAN, tmp_path: Path) -> Checkpoints:
    return Checkpoints(gan, tmp_path)


def chosen(folder: Path, which: Which = "latest") -> Saved:
    return choose(folder, which, lambda saved: None)


def offer(
    checkpoints: Checkpoints,
    step: int,
    value: float,
    metric: str = "kid_1k_val",
    better: Any = "lower",
    extractor: str = "a",
) -> bool:
    """Offer a best checkpoint whose weights equal its step."""
    weight = checkpoints.gan.averaged.weights[0]
    weight.assign(np.full(weight.shape, step))
    checkpoints.gan.step.assign(step)
    return checkpoints.save_best(metric, value, better, {"extractor": extractor})


def assert_best(checkpoints: Checkpoints, step: int, value: float) -> None:
    """The best checkpoint is the only one, and its weights are those of its step."""
    gan, folder = checkpoints.gan, checkpoints.folder
    files = {path.name for path in folder.iterdir() if "best" in path.name}
    assert files == {"best.json", f"best-{step}.npz"}
    assert (best(folder)["step"], best(folder)["value"]) == (step, value)
    weight = gan.averaged.weights[0]
    weight.assign(np.zeros(weight.shape))
    assert load_networks(gan, folder, "best") == Loaded(step, [])
    assert set(np.ravel(weight)) == {step}


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_it_follows_its_metric_until_another_begins_anew(
    better: str, checkpoints: Checkpoints
) -> None:
    sign = 1 if better == "lower" else -1
    assert not offer(checkpoints, 1, np.nan, better=better)
    assert list(checkpoints.folder.glob("best*")) == []
    values = [sign * value for value in (5.0, 6.0, 5.0, -1.0, 0.0, np.nan)]
    taken = [offer(checkpoints, i, x, better=better) for i, x in enumerate(values, 2)]
    assert taken == [True, False, False, True, False, False]
    assert_best(checkpoints, 5, values[3])
    assert offer(checkpoints, 8, 700.0, metric="fid_1k_val")
    assert not offer(checkpoints, 9, 701.0, metric="fid_1k_val")
    assert best(checkpoints.folder)["metric"] == "fid_1k_val"
    assert_best(checkpoints, 8, 700.0)


def test_figures_of_two_extractors_are_not_compared(checkpoints: Checkpoints) -> None:
    assert offer(checkpoints, 1, 0.1)
    assert offer(checkpoints, 2, 70.0, extractor="b")
    assert not offer(checkpoints, 3, 71.0, extractor="b")
    file = checkpoints.folder / "best.json"
    file.write_text('{"metric": "kid_1k_val", "value": 70.0, "step": 2}')  # an earlier version's
    assert not offer(checkpoints, 4, 71.0)
    assert offer(checkpoints, 5, 69.0)


def test_the_best_share_is_the_one_nearest_to_one(checkpoints: Checkpoints) -> None:
    values = (0.8, 1.3, 1.1, 0.95, 2.0, np.nan)
    taken = [offer(checkpoints, i, x, better="one") for i, x in enumerate(values, 1)]
    assert taken == [True, False, True, True, False, False]
    assert_best(checkpoints, 4, 0.95)


def test_a_kill_leaves_the_last_best_and_the_next_one_tidies_up(
    checkpoints: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(checkpoints, 1, 5.0)
    file = checkpoints.folder / "best.json"
    before = file.read_text()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: pytest.exit("killed"))
        with pytest.raises(pytest.exit.Exception):
            offer(checkpoints, 2, 4.0)
    assert file.read_text() == before
    assert chosen(checkpoints.folder, "best").path == checkpoints.folder / "best-1.npz"
    assert offer(checkpoints, 3, 3.0)
    assert_best(checkpoints, 3, 3.0)


def test_best_and_latest_do_not_disturb_each_other(checkpoints: Checkpoints) -> None:
    offer(checkpoints, 1, 1.0)
    for step in range(2, 8):
        checkpoints.gan.step.assign(step)
        checkpoints.save()
    offer(checkpoints, 8, 2.0)
    assert_best(checkpoints, 1, 1.0)
    assert latest_step(checkpoints.folder) == 7
    kept = {path.name for path in checkpoints.folder.glob("step-*")}
    assert kept == {f"step-{step}.npz" for step in (5, 6, 7)}


def test_what_is_not_there_is_a_mistake(checkpoints: Checkpoints, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no checkpoint yet: "):
        chosen(tmp_path)
    none = r"holds no best checkpoint: set log.metrics to keep one\.$"
    with pytest.raises(InputError, match=none):
        chosen(tmp_path, "best")
    offer(checkpoints, 1, 1.0)
    (tmp_path / "best-1.npz").unlink()
    with pytest.raises(InputError, match=none):
        chosen(tmp_path, "best")
