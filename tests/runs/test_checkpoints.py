"""The best checkpoint: only one is kept, with its metric, complete or absent."""

import json
from pathlib import Path

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
    built = build_gan(resolve("improved/cifar10", tiny_overrides("improved", "none")), 3)
    built.compile()
    return built


@pytest.fixture
def checkpoints(gan: GAN, tmp_path: Path) -> Checkpoints:
    return Checkpoints(gan, tmp_path)


def chosen(folder: Path, which: Which = "latest") -> Saved:
    return choose(folder, which, lambda saved: None)


def offer(checkpoints: Checkpoints, step: int, value: float, **changes: str) -> bool:
    """Offer a best checkpoint whose weights equal its step."""
    weight = checkpoints.gan.averaged.weights[0]
    weight.assign(np.full(weight.shape, step))
    checkpoints.gan.step.assign(step)
    given = {"metric": "kid_1k_val", "better": "lower"} | changes
    return checkpoints.save_best(given["metric"], value, given["better"])  # type: ignore[arg-type]


def assert_best(folder: Path, step: int, value: float) -> None:
    """The best checkpoint is the only one, and its weights are those of its step."""
    files = {path.name for path in folder.iterdir() if "best" in path.name}
    assert files == {"best.json", f"best-{step}.npz"}
    found = best(folder)
    assert (found["step"], found["value"]) == (step, value)
    other = build_gan(resolve("improved/cifar10", tiny_overrides("improved", "none")), 3)
    assert load_networks(other, folder, "best") == Loaded(step, [])
    assert set(np.ravel(other.averaged.weights[0])) == {step}


@pytest.mark.parametrize(
    ("better", "values"),
    [("lower", [5.0, 6.0, 5.0, -1.0, 0.0]), ("higher", [-5.0, -6.0, -5.0, 1.0, 0.0])],
)
def test_it_follows_its_metric(
    better: str, values: list[float], checkpoints: Checkpoints, tmp_path: Path
) -> None:
    taken = [offer(checkpoints, i + 1, x, better=better) for i, x in enumerate(values)]
    assert taken == [True, False, False, True, False]
    assert_best(tmp_path, 4, values[3])


def test_another_metric_begins_anew(checkpoints: Checkpoints, tmp_path: Path) -> None:
    assert offer(checkpoints, 1, 0.1)
    assert offer(checkpoints, 2, 700.0, metric="fid_1k_val")
    assert not offer(checkpoints, 3, 701.0, metric="fid_1k_val")
    assert best(tmp_path)["metric"] == "fid_1k_val"
    assert_best(tmp_path, 2, 700.0)


@pytest.mark.slow
def test_nan_is_never_best(checkpoints: Checkpoints, tmp_path: Path) -> None:
    assert not offer(checkpoints, 1, np.nan)
    assert list(tmp_path.glob("best*")) == []
    assert offer(checkpoints, 2, 3.0)
    assert not offer(checkpoints, 3, np.nan)
    assert_best(tmp_path, 2, 3.0)


def test_a_kill_leaves_the_last_best_and_the_next_one_tidies_up(
    checkpoints: Checkpoints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(checkpoints, 1, 5.0)
    before = (tmp_path / "best.json").read_text()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: pytest.exit("killed"))
        with pytest.raises(pytest.exit.Exception):
            offer(checkpoints, 2, 4.0)
    assert (tmp_path / "best.json").read_text() == before
    assert chosen(tmp_path, "best").path == tmp_path / "best-1.npz"
    assert offer(checkpoints, 3, 3.0)
    assert_best(tmp_path, 3, 3.0)
    assert json.loads((tmp_path / "best.json").read_text())["metric"] == "kid_1k_val"


def test_best_and_latest_do_not_disturb_each_other(
    checkpoints: Checkpoints, gan: GAN, tmp_path: Path
) -> None:
    offer(checkpoints, 1, 1.0)
    for step in range(2, 8):
        gan.step.assign(step)
        checkpoints.save()
    offer(checkpoints, 8, 2.0)
    assert_best(tmp_path, 1, 1.0)
    assert latest_step(tmp_path) == 7
    assert sorted(path.name for path in tmp_path.glob("step-*.npz")) == [
        "step-5.npz",
        "step-6.npz",
        "step-7.npz",
    ]


def test_what_is_not_there_is_a_mistake(checkpoints: Checkpoints, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no checkpoint yet: "):
        chosen(tmp_path)
    with pytest.raises(
        InputError, match=r"holds no best checkpoint: set log.metrics to keep one\.$"
    ):
        chosen(tmp_path, "best")
    offer(checkpoints, 1, 1.0)
    (tmp_path / "best-1.npz").unlink()
    with pytest.raises(InputError, match="holds no best checkpoint"):
        chosen(tmp_path, "best")
