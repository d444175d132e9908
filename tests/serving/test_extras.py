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

OWN = "folder:own"
COLOURS = [(250, 10, 10), (10, 250, 10), (10, 10, 250)]


def measured(file, step, accuracy, model="runs/x", data=OWN):
    values = {"accuracy": accuracy, "standard_error": 0.01}
    results.append(file, Result("d_accuracy_val", values, model, 0, 120, step=step, data=data))


def test_the_accuracy_is_that_of_the_checkpoint_on_its_own_data(tmp_path):
    assert held_out(tmp_path, 20, OWN) is None
    rows = [{"step": step, "val_accuracy": step / 100} for step in (10, 20, 30)]
    lines = [json.dumps(row) + "\n" for row in rows]
    (tmp_path / "history.jsonl").write_text("".join(lines))
    assert held_out(tmp_path, 25, OWN) == {"value": 0.2, "count": 0}  # from training, at step 20
    for step, accuracy in ((20, 0.5), (25, 0.6), (25, 0.7)):
        measured(tmp_path / "metrics.jsonl", step, accuracy)
    measured(tmp_path / "metrics.jsonl", 0, 0.9, REAL)
    measured(tmp_path / "metrics.jsonl", 25, 0.8, data="folder:other")
    assert held_out(tmp_path, 25, OWN) == {"value": 0.7, "count": 120}
    packed = held_out("pretrained:wikiart-genre", 15_791, "tfrecords:data/wikiart-genre")
    assert packed == {"value": pytest.approx(0.5302, abs=1e-4), "count": 1769}


def test_the_card_tells_of_both(exports):
    facts = json.loads((exports["improved"] / "assets.extra" / "artgan.json").read_text())
    assert (facts["accuracy"], facts["references"]) == (None, 0)
    assert "names the class" not in model_card(facts)
    more = facts | {"accuracy": {"value": 0.456, "count": 1769}, "references": 4}
    card = model_card(more)
    assert "`classify` names the class of 46% of 1,769 held-out images." in card
    assert "holds 4 real images of each class" in card


def paint(root, names, colours, counts):
    """Write single-coloured images in folders of classes, and return the SPEC."""
    for name, colour, count in zip(names, colours, counts, strict=True):
        (root / name).mkdir(parents=True)
        for number in range(count):
            Image.new("RGB", (20, 20), colour).save(root / name / f"{number}.png")
    return f"folder:{root}"


@pytest.fixture
def data(tmp_path):
    """One colour per class, and fewer images in the last class."""
    return paint(tmp_path / "real", CLASSES, COLOURS, (8, 8, 3))


def test_a_sheet_has_real_images_of_each_class(data, samplers):
    pixels = np.asarray(real_sheet(samplers["improved"], 4, data))
    assert pixels.shape == (3 * 16, 4 * 16, 3)
    for row, colour in enumerate(COLOURS):
        assert pixels[16 * row + 8, 8].tolist() == list(colour)
    assert pixels[40, 3 * 16 + 8].min() == 255  # white, since the class has only three


def test_data_of_other_classes_will_not_do(samplers, tmp_path):
    cats = paint(tmp_path, ["cats"], ["black"], [10])
    with pytest.raises(InputError, match="but the model paints rings"):
        real_sheet(samplers["improved"], 4, cats)


def test_data_of_the_models_classes_may_have_other_splits(data, samplers, monkeypatch):
    sampler = samplers["improved"]
    other = replace(sampler.gan.config.data, train_split="train[:90%]", val_split="other")
    monkeypatch.setattr(sampler.gan, "config", replace(sampler.gan.config, data=other))
    assert real_sheet(sampler, 1, data).size == (16, 3 * 16)


def test_damage_is_one_sentence(data, samplers, tmp_path):
    folder = tmp_path / "real"
    convert(Options(folder, tmp_path / "set", size=16, encoding="png", workers=1, shards=1))
    (shard,) = (tmp_path / "set").glob("*train*")
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1  # of the same size, so it is found by reading alone
    shard.write_bytes(content)
    with pytest.raises(DamagedData, match=r"is damaged|cannot be read"):
        real_sheet(samplers["improved"], 16, f"tfrecords:{tmp_path / 'set'}")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"data": "folder:x"}, "--data is for --references"),
        ({"references": -1}, "--references -1 is invalid: use 0 to 16"),
        ({"references": 17}, "--references 17 is invalid: use 0 to 16"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, told, tmp_path):
    with pytest.raises(InputError, match=told):
        export.export(tmp_path, **options)
