"""The costs on the page of presets equal those of the graphs."""

from pathlib import Path

import pytest

from experiments.benchmarks import costs

PAGE = Path(__file__).resolve().parents[2] / "experiments/presets.md"


@pytest.mark.slow
def test_a_preset_costs_what_the_page_says() -> None:
    preset = "improved/cifar10-small"
    (told,) = (
        line
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith(f"| `{preset}` |")
    )
    assert told.endswith(f" | {' | '.join(costs.row(preset))} |")
