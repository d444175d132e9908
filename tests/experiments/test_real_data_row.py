"""The script that scores real images instead of generated ones."""

import json
from pathlib import Path

import pytest

from artgan_tf.config import InputError
from experiments.metrics_behaviour.real_data_row import main


def test_a_line_for_each_metric(paintings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("parzen_20", "precision_recall_10_k3")
    main(names, data=f"folder:{paintings}", size=8, extractor="pixels")
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [result["metric"] for result in found] == list(names)
    assert {result["model"] for result in found} == {"real images"}
    assert found[0]["generated"] == 20
    assert found[0]["values"].keys() == {"log_likelihood", "standard_error", "sigma"}


def test_too_few_images_are_told(paintings: Path) -> None:
    with pytest.raises(InputError, match="too few images to stand in"):
        main(("parzen_10k",), data=f"folder:{paintings}", size=8)
