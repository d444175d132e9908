"""Figures that experiments/metrics_reference measured with the real network are valid and current.

Neither the weights nor the 80 MB of features are here. A change in the preprocessing of images or
in the choice of features makes these figures stale, and then they must be measured again.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from artgan_tf.metrics import inception2015
from artgan_tf.metrics import inception2015_weights as weights
from artgan_tf.metrics.extractors import open_extractor
from experiments.metrics_reference import cifar_fid

FOLDER = Path(cifar_fid.__file__).parent


def committed(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["cifar_fid", "inception_equality"])
def test_figures_are_of_the_public_weights_and_of_todays_protocol(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("default_1.pt").touch()  # the file must exist
    figures = committed(name)
    assert weights.KNOWN[figures["sha256"]] == "default_1.pt"
    read = weights.Weights(Path("default_1.pt"), figures["sha256"], {})
    monkeypatch.setattr(inception2015, "read_weights", lambda path: read)
    monkeypatch.setattr(inception2015, "load", lambda weights: None)
    record = open_extractor("inception-2015:default_1.pt").record()
    assert figures | record == figures
