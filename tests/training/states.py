"""What the newest checkpoint of a run holds."""

from pathlib import Path

import numpy as np

from artgan_tf.runs.checkpoints import find


def state(run_dir: Path) -> dict[str, np.ndarray]:
    """All variables of the newest checkpoint."""
    path, _ = find(run_dir / "checkpoints")
    with np.load(path) as file:
        return dict(file)


def assert_same_state(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    """To the last bit."""
    assert one.keys() == other.keys()
    assert len(one) > 40
    different = [key for key in one if not np.array_equal(one[key], other[key])]
    assert different == []
