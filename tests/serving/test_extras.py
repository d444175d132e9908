"""What an export carries of its run and its data: D's accuracy, and a sheet of real images."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from artgan_tf import export
from artgan_tf.config import InputError
from artgan_tf.data.source import DamagedData
from artgan_tf.evaluation import results
from artgan_tf.evaluation.results import REAL, Result
from artgan_tf.serving.extras import held_out, model_card, real_sheet
from tests.samplers import CLASSES
from tfrecords_tools.convert import convert
from tfrecords_tools.options import Options

COLOURS = [(250, 10, 10), (10, 250, 10), (10, 10, 250)]


def measured(file, step, accuracy, model="runs/x"):
    values = {"accuracy": accuracy, "standard_error": 0.01}
    results.append(file, Result("d_accuracy_val", values, model, 0, 120, step=step))


def test_the_accuracy_is_that_of_the_checkpoint(tmp_path):
    assert held_out(tmp_path, 20) is None
    rows = [{"step": step, "val_accuracy": step / 100} for step in (10, 20, 30)]
    lines = [json.dumps(row) + "\n" for row in rows]
    (tmp_path / "history.jsonl").write_text("".join(lines))
    assert held_out(tmp_path, 25) == {"value": 0.2, "count": 0}  # from training, at step 20
    for step, accuracy in ((20, 0.5), (25, 0.6), (25, 0.7)):
        measured(tmp_path / "metrics.jsonl", step, accuracy)
    measured(tmp_path / "metrics.jsonl", 0, 0.9, REAL)
    assert held_out(tmp_path, 25) == {"value": 0.7, "count": 120}


def test_the_pretrained_generators_accuracy_is_its_cards():
    found = held_out("pretrained:wikiart-genre", 15_791)
    assert found == {"value": pytest.approx(0.5302, abs=1e-4), "count": 1769}


def test_the_card_tells_of_both(exports):
    facts = json.loads((exports["improved"] / "assets.extra" / "artgan.json").read_text())
    assert (facts["accuracy"], facts["references"]) == (None, 0)
    assert "names the class" not in model_card(facts)
    more = facts | {"accuracy": {"value": 0.456, "count": 1769}, "references": 4}
    card = model_card(more)
    assert "`classify` names the class of 46% of 1,769 held-out images." in card
    assert "holds 4 real images of each class" in card


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with one colour per class, and with fewer images in the last class."""
    root = tmp_path_factory.mktemp("real")
    for name, colour, count in zip(CLASSES, COLOURS, (8, 8, 3), strict=True):
        (root / name).mkdir()
        for number in range(count):
            Image.new("RGB", (20, 20), colour).save(root / name / f"{number}.png")
    return root


def test_a_sheet_has_real_images_of_each_class(folder, samplers):
    pixels = np.asarray(real_sheet(samplers["improved"], 4, f"folder:{folder}"))
    assert pixels.shape == (3 * 16, 4 * 16, 3)
    for row, colour in enumerate(COLOURS):
        assert pixels[16 * row + 8, 8].tolist() == list(colour)
    assert pixels[40, 3 * 16 + 8].min() == 255  # white, since the class has only three


def test_data_of_other_classes_will_not_do(samplers, tmp_path):
    (tmp_path / "cats").mkdir()
    for number in range(10):
        Image.new("RGB", (20, 20)).save(tmp_path / "cats" / f"{number}.png")
    with pytest.raises(InputError, match="but the model paints rings"):
        real_sheet(samplers["improved"], 4, f"folder:{tmp_path}")


def test_data_of_the_models_classes_may_have_other_splits(folder, samplers, monkeypatch):
    sampler = samplers["improved"]
    data = replace(sampler.gan.config.data, train_split="train[:90%]", val_split="other")
    monkeypatch.setattr(sampler.gan, "config", replace(sampler.gan.config, data=data))
    assert real_sheet(sampler, 1, f"folder:{folder}").size == (16, 3 * 16)


def test_damage_is_one_sentence(folder, samplers, tmp_path):
    convert(Options(folder, tmp_path / "set", size=16, encoding="png", workers=1, shards=1))
    (shard,) = (tmp_path / "set").glob("*train*")
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1  # of the same size, so it is found by reading alone
    shard.write_bytes(content)
    with pytest.raises(DamagedData, match=r"is damaged|cannot be read"):
        real_sheet(samplers["improved"], 16, f"tfrecords:{tmp_path / 'set'}")


def test_data_without_references_is_a_mistake(tmp_path):
    with pytest.raises(InputError, match="--data is for --references"):
        export.export(tmp_path, data="folder:x")


@pytest.mark.parametrize("count", [-1, 17])
def test_references_are_a_few(count, tmp_path):
    with pytest.raises(InputError, match=f"--references {count} is invalid: use 0 to 16"):
        export.export(tmp_path, references=count)
