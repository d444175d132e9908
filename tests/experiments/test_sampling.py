"""The sampling benchmark: its contestants give the same pictures, or it ends."""

import importlib.util
import sys
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from experiments.benchmarks import sampling
from experiments.benchmarks.measuring import Run
from experiments.benchmarks.sampling import OURS, Contestant
from tests.gans import tiny


def picture(*levels: int) -> Contestant:
    return Contestant(lambda: Run(1.0, 2.0), np.array(levels, np.uint8))


@pytest.mark.slow
def test_all_paint_the_same(tmp_path: Path) -> None:
    pytest.importorskip("tf2onnx", reason="the extra `onnx` is not installed")
    torch = Path(sys.executable) if importlib.util.find_spec("torch") else None
    with ExitStack() as stack:
        field = sampling.contestants(tiny("artgan"), 3, 2, torch, tmp_path, stack)
        sampling.compare(field)
        assert len(field) == (4 if torch else 2)
        for sampler in field.values():
            assert sampler.pictures.shape == (3, 16, 16, 3)
            assert np.ptp(sampler.pictures) > 0
            assert sampler.take().wall > 0


def test_other_pictures_end_the_benchmark() -> None:
    field = {OURS: picture(0, 9, 255), "near": picture(1, 8, 254)}
    sampling.compare(field)
    with pytest.raises(SystemExit, match="far: pictures differ by 2 grey levels"):
        sampling.compare(field | {"far": picture(2, 9, 255)})


def test_the_table_has_rates_and_ratios() -> None:
    times = {OURS: [Run(1.0, 2.0), Run(2.0, 2.0)], "other": [Run(2.0, 2.0), Run(6.0, 8.0)]}
    _, ours, other = sampling.rows("demo", times, 30)
    assert ours == [OURS, "20", "66.7", "1.00", "1.00"]
    assert other == ["other", "8", "166.7", "2.50", "2.50"]
