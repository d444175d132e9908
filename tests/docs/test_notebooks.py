"""The notebooks run from top to bottom with quick settings, and are committed without outputs."""

import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import TABLES

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
SMALL = TABLES["critic"] | {
    "data.image_size": 16,
    "model.z_size": 8,
    "model.width": 0.125,
    "train.batch_size": 8,
    "train.steps": 4,
    "log.history_every": 2,
}
PARAMETERS: dict[str, dict[str, Any]] = {
    "train-your-own": {"run": "mine", "settings": SMALL},
    "explore": {"run": "mine", "metrics": ["shape_diversity_20", "conditional_accuracy_d_20"]},
}


@pytest.fixture
def shown(monkeypatch):
    """Collects the arguments of `display`, without IPython and without windows for plots."""
    seen: list = []
    module = types.SimpleNamespace(display=seen.append)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.setenv("MPLBACKEND", "agg")
    return seen


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
def test_both_run_one_after_the_other(shown, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, parameters in PARAMETERS.items():
        known: dict = {}
        for cell in json.loads((FOLDER / f"{name}.ipynb").read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                assert cell["outputs"] == []
                exec("".join(cell["source"]), known)
            if "parameters" in cell["metadata"].get("tags", []):
                assert known.keys() >= parameters.keys()
                known |= parameters
    assert (tmp_path / "mine" / "generator.keras").is_file()
    assert len(shown) == 3 + 1 + 2 + 3 + 2
    page = tmp_path / "mine" / "evaluation"
    assert {"curves.png", "progress.png"} <= {file.name for file in page.iterdir()}
    assert "shape_diversity_20" in capsys.readouterr().out
