"""A run that resumes with another number of cores warns that it is not bit for bit the same."""

import warnings
from pathlib import Path
from typing import Any

import pytest

from artgan_tf.training.train import train


@pytest.mark.slow
def test_another_number_of_cores_is_told_of_once(trained: Any, tiny: Any, tmp_path: Path) -> None:
    run = trained("artgan", tmp_path / "run")
    (run / "cores.txt").write_text("97\n")
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*cores")
        with pytest.warns(UserWarning, match=r"on 97 cores and goes on with \d+"):
            train(tiny("artgan", train__steps=8), run)
        train(tiny("artgan", train__steps=9), run)
