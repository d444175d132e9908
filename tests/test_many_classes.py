"""A data set with as many classes as Oxford-102: sheets, an evaluation, and an export."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from artgan_tf.evaluation.measure import measure
from artgan_tf.runs.load import load
from artgan_tf.sampling import sheets
from artgan_tf.sampling.sheets import select
from artgan_tf.serving.saved_model import ExportOptions, export_run
from artgan_tf.serving.servable import Servable
from tests.demo import gallery
from tests.evaluation.material import make_run
from tfrecords_tools.common.sheet import named_grid

K = 102
NAMES = [f"{number:03d}.flower" for number in range(K)]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained run of Improved ArtGAN with two training pictures per class."""
    folder = tmp_path_factory.mktemp("many")
    images, _ = gallery(0, 0, 3 * K, 16)
    labels = np.arange(3 * K) % K
    np.savez(
        folder / "flowers.npz", class_names=np.array(NAMES),
        images=images[: 2 * K], labels=labels[: 2 * K],
        val_images=images[2 * K :], val_labels=labels[2 * K :],
    )  # fmt: skip
    return make_run(
        folder / "run", "improved", folder, data__spec=f"arrays:{folder / 'flowers.npz'}"
    )


def test_a_sheet_of_all_classes_has_each(run: Path) -> None:
    sampler = load(run)
    sheet = sheets.grid(sampler, select(sampler, count=2))
    assert sheet.names == NAMES
    assert sheet.images.shape[:2] == (K, 2)
    np.testing.assert_array_equal(sheet.images[101, 1], sampler.generate(["101.flower"], [1])[0])
    assert named_grid(sheet.images, sheet.names).height == K * 66


def test_an_evaluation_and_its_report_tell_of_each(run: Path) -> None:
    found = measure(run, ("conditional_accuracy_204", "d_accuracy_val"))
    by_class = {result.metric: result.by_class for result in found.results}
    assert {name: list(of) for name, of in by_class.items()} == dict.fromkeys(by_class, NAMES)
    page = found.report.read_text(encoding="utf-8")
    assert all(name in page for name in NAMES)


def test_an_export_paints_and_judges_each(run: Path, tmp_path: Path) -> None:
    version = export_run(run, ExportOptions(out=tmp_path, name="flowers"))
    facts = json.loads((version / "assets.extra/artgan.json").read_text(encoding="utf-8"))
    assert facts["class_names"] == NAMES
    served = Servable(version, "flowers", 1, warm=False)
    asked: dict[str, Any] = {
        "label": np.array([0, 50, 100, 101], np.int32), "seed": np.full(4, 3, np.int64),
    }  # fmt: skip
    pictures: Any = served.run("", asked)["image_bytes"]
    assert len(set(pictures)) == 4
    last: dict[str, Any] = {
        "seed": np.array([3]), "seed_to": np.array([4]), "t": np.zeros(1, np.float32),
        "weights": np.eye(K, dtype=np.float32)[-1:], "truncation": np.ones(1, np.float32),
    }  # fmt: skip
    assert list(served.run("mix", last)["image_bytes"]) == list(pictures[-1:])
    judged = served.run("classify", {"image_bytes": pictures[:1]})
    assert judged["scores"].shape == (1, K)
