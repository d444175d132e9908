"""A data set with as many classes as Oxford-102, from training to the served page."""

from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from artgan_tf.config import resolve
from artgan_tf.data.demo_paintings import gallery
from artgan_tf.evaluation.measure import measure
from artgan_tf.runs.load import load
from artgan_tf.sampling import sheets
from artgan_tf.sampling.sheets import select
from artgan_tf.serving.saved_model import ExportOptions, export_run
from artgan_tf.training.train import train
from tests.conftest import tiny_overrides
from tests.serving.servers import Server, Service
from tfrecords_tools.common.sheet import named_grid

K = 102
NAMES = [f"{number:03d}.flower" for number in range(K)]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six steps of Improved ArtGAN, two pictures per class, fakes in groups as in its preset."""
    folder = tmp_path_factory.mktemp("many")
    images, _ = gallery(0, 0, 3 * K, 16)
    labels = np.arange(3 * K) % K
    np.savez(
        folder / "flowers.npz", class_names=np.array(NAMES),
        images=images[: 2 * K], labels=labels[: 2 * K],
        val_images=images[2 * K :], val_labels=labels[2 * K :],
    )  # fmt: skip
    settings = tiny_overrides("improved", "") | {
        "data.spec": f"arrays:{folder / 'flowers.npz'}",
        "train.fake_labels": "groups",
        "train.batch_size": 10,
    }
    config = resolve("improved/oxford-flowers102", settings)
    assert train(config, folder / "run").finished
    return folder / "run"


def test_its_grid_has_a_readable_number_of_rows(run: Path) -> None:
    with Image.open(run / "samples" / "step_000006.png") as grid:
        assert grid.height < 1200


def test_a_sheet_of_all_classes_has_each(run: Path) -> None:
    sampler = load(run)
    sheet = sheets.grid(sampler, select(sampler, count=2))
    assert sheet.names == NAMES
    assert sheet.images.shape[:2] == (K, 2)
    np.testing.assert_array_equal(sheet.images[101, 1], sampler.generate(["101.flower"], [1])[0])
    assert named_grid(sheet.images, sheet.names).height == K * 66


def test_an_evaluation_and_its_report_tell_of_each(run: Path) -> None:
    asked = ("pixel_diversity_204", "conditional_accuracy_204", "d_accuracy_val")
    found = measure(run, asked)
    by_class = {result.metric: result.by_class for result in found.results}
    assert {name: list(of) for name, of in by_class.items()} == dict.fromkeys(by_class, NAMES)
    page = found.report.read_text(encoding="utf-8")
    assert all(name in page for name in NAMES)


def test_a_server_paints_and_judges_each(run: Path, tmp_path: Path) -> None:
    version = export_run(run, ExportOptions(out=tmp_path, name="flowers"))
    with Server(version.parent) as server:
        (told,) = httpx.get(f"{server.url}/gallery/models.json").json()["models"]
        assert told["class_names"] == NAMES
        service = Service(f"{server.url}/v1/models/flowers")
        rows = [{"label": label, "seed": 3} for label in (0, 50, 100, 101)]
        pictures = service.predict({"instances": rows}).json()["predictions"]
        assert len({picture["b64"] for picture in pictures}) == len(rows)
        last = {
            "seed": 3,
            "seed_to": 4,
            "t": 0.0,
            "weights": [0.0] * (K - 1) + [1.0],
            "truncation": 1,
        }
        mixed = service.predict({"signature_name": "mix", "instances": [last]}).json()
        assert mixed["predictions"] == pictures[-1:]
        judged = service.predict({"signature_name": "classify", "instances": pictures[:1]}).json()
        assert len(judged["predictions"][0]["scores"]) == K
