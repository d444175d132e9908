"""A run's state: its newest checkpoint and its losses."""

from pathlib import Path

import numpy as np

from artgan_tf.runs.checkpoint_file import FORMAT
from artgan_tf.runs.checkpoints import latest_step
from artgan_tf.runs.directory import RunDirectory


def state(run_dir: Path) -> dict[str, np.ndarray]:
    """All variables of the newest checkpoint."""
    folder = run_dir / "checkpoints"
    with np.load(folder / f"step-{latest_step(folder)}.npz") as file:
        return {name: file[name] for name in file.files if name != FORMAT}


def assert_same_state(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    """Compare two states bit for bit."""
    assert one.keys() == other.keys()
    assert len(one) > 40
    different = [key for key in one if not np.array_equal(one[key], other[key])]
    assert different == []


def losses(run_dir: Path, steps: int) -> np.ndarray:
    """The losses of every step, from the first to the last."""
    rows = [row for row in RunDirectory(run_dir).history() if "d_loss" in row]
    assert [row["step"] for row in rows] == list(range(1, steps + 1))
    return np.array([[row[name] for name in row if name[:2] in ("d_", "g_")] for row in rows])


def assert_same_training(one: Path, other: Path, steps: int) -> None:
    """Compare two runs up to the order of additions, whose rounding Adam magnifies."""
    np.testing.assert_allclose(losses(one, steps), losses(other, steps), atol=1e-4, rtol=1e-4)
    assert_alike(state(one), state(other))


def assert_alike(mine: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> None:
    """Compare two states up to such rounding."""
    assert mine.keys() == theirs.keys()
    for key in mine:
        np.testing.assert_allclose(mine[key], theirs[key], atol=2e-3, rtol=1e-2, err_msg=key)
