"""The verb: its table, lines of results, and output files."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from PIL import Image

from artgan_tf.config import Data
from artgan_tf.data.fingerprint import fingerprint
from artgan_tf.data.spec import open_source
from artgan_tf.evaluation import measure, reference
from artgan_tf.evaluation.results import REAL, columns, read
from artgan_tf.metrics import classifier
from artgan_tf.runs.checkpoints import Checkpoints
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.load import load_gan
from tests.evaluation.material import STEP, make_run
from tests.evaluation.verbs import evaluate, sentence

FEW = ["--metrics", "pixel_diversity_12", "conditional_accuracy_d_20", "d_accuracy_val"]
pytestmark = pytest.mark.usefixtures("no_report")


# ---- output -------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.usefixtures("loaded")
def test_all_that_can_be_had_is_measured_when_no_metric_is_named(run, capsys):
    """Features are those of a classifier of the real images."""
    assert evaluate(run, "--seeds", 0, 1) == 0
    found = read(run / "metrics.jsonl")
    printed = capsys.readouterr().out
    verdict, _, table = printed.partition("\n\nmetric ")
    assert "  varied      " in verdict
    assert "by a small classifier of these real images" in verdict
    assert "skipped" not in verdict
    first = [line.split()[0] for line in table.splitlines()[2:6]]  # diversity within classes
    expected = ["intra_recall_33_k3", "intra_spread_33_val", "intra_kid_33_val"]
    assert first == [*expected, "shape_diversity_12"]
    assert all(result.metric in table for result in found)
    assert "(2 seeds)" in table
    assert f"{run}, ema, step {STEP}" in table
    assert str(run / "metrics.jsonl") in table
    used = {result.metric: result.extractor.get("extractor") for result in found}
    assert {"pixel_diversity_12", "d_accuracy_val", "authenticity_12"} <= used.keys()
    assert not {name for name in used if name.startswith(("is_", "intra_fid"))}
    assert {used["fid_33_val"], used["intra_recall_33_k3"]} == {classifier.RECORD["extractor"]}
    assert used["pixel_diversity_12"] is None
    subjects = [(result.model, result.seed) for result in found]
    assert list(dict.fromkeys(subjects)) == [(REAL, 0), (str(run), 0), (str(run), 1)]
    assert subjects == sorted(subjects, key=lambda x: (x[0] != REAL, x[1]))
    assert [result.metric for result in found].count("d_accuracy_val") == 1  # whatever the seed
    assert evaluate(run, "--metrics", "kid_30_val") == 0
    assert read(run / "metrics.jsonl")[-1].extractor == found[0].extractor


@pytest.mark.usefixtures("loaded")
def test_results_are_added_to_those_before_and_nothing_else_is_written_into_the_run(
    run, tmp_path, paintings, monkeypatch
):
    def content() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}

    before, file, out = content(), run / "metrics.jsonl", tmp_path / "deep" / "out"
    monkeypatch.delattr(classifier, "train_classifier")  # no metric needs it
    assert evaluate(run, *FEW, "--out", out) == 0
    assert content() == before
    assert [path.name for path in out.iterdir()] == ["metrics.jsonl"]
    assert evaluate(run, *FEW, "pixel_diversity_12") == 0
    assert content().keys() - before.keys() == {file}
    whole = file.read_bytes()
    assert len(whole.splitlines()) == 1 + 3
    file.write_bytes(whole[:-20])
    assert evaluate(run, "--metrics", "kid_30_val", "--extractor", "pixels") == 0
    assert file.read_bytes().startswith(whole[:-20])
    names = [result.metric for result in read(file)]
    assert names[2:] == ["conditional_accuracy_d_20", "kid_30_val", "kid_30_val"]

    row = json.loads(file.read_text().splitlines()[-1])  # tells all that makes it comparable
    known = {"metric": "kid_30_val", "model": str(run), "generated": 30, "real": 12}
    known |= {"weights": "ema", "step": STEP, "seed": 0, "data": f"folder:{paintings}"}
    pixels = {"extractor": "pixels", "protocol": "x / 255, flattened", "sha256": ""}
    assert (known | {"extractor": pixels}).items() <= row.items()
    assert len(row["data_sha256"]) == 64
    assert row["version"]
    assert set(row["values"]) == {"kid", "std"}


@pytest.mark.slow
def test_the_weights_asked_for_are_measured(run):
    gan, _ = load_gan(RunDirectory(run))
    gan.compile()
    gan.averaged.set_weights(gan.generator.get_weights())
    gan.step.assign(3)
    Checkpoints(gan, run / "checkpoints").save_best("kid_1k_val", 0.5, "lower")
    for arguments in (["--checkpoint", "best"], ["--weights", "raw"]):
        assert evaluate(run, "--metrics", "pixel_diversity_12", *arguments) == 0
    (column,) = columns(read(run / "metrics.jsonl"))
    assert [row[1:] for row in column.cells] == [("", 0), ("ema", 3), ("raw", STEP)]
    real, best, raw = column.cells.values()
    assert real != best == raw  # the averaged weights of the latest checkpoint are others


@pytest.mark.slow
def test_what_cannot_be_measured_is_left_out_and_said(paintings, tmp_path, capsys, monkeypatch):
    usual = ["fid_12_val", "d_accuracy_val", "reconstruction_val"]
    monkeypatch.setattr(measure, "usual", lambda *_, **__: usual)
    monkeypatch.setattr(reference, "LEAST", 100)
    run = make_run(tmp_path / "run", "improved", paintings, model__autoencoder=False)
    assert evaluate(run) == 0
    (told,) = (line for line in capsys.readouterr().out.splitlines() if "skipped" in line)
    assert told.split(maxsplit=1)[1] == (
        "fidelity, and diversity except by pixels: features need 100 held-out images, and there "
        "are 12; --data names other real images"
    )
    assert [result.metric for result in read(run / "metrics.jsonl")] == ["d_accuracy_val"]


# ---- other data ---------------------------------------------------------------------------------
def copied(paintings: Path, to: Path, names: Callable[[str], str]) -> Path:
    for path in paintings.rglob("*.png"):
        split, name = path.relative_to(paintings).parts[:2]
        folder = to / split / names(name)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.asarray(Image.open(path))[::-1]).save(folder / path.name)
    return to


@pytest.mark.usefixtures("loaded")
def test_other_data_of_the_same_classes(run, paintings, tmp_path):
    classes = sorted(path.name for path in (paintings / "train").iterdir())
    same = copied(paintings, tmp_path / "same", str)
    numbered = copied(paintings, tmp_path / "numbered", lambda name: str(classes.index(name)))
    for arguments in ([], ["--data", f"folder:{same}"], ["--data", numbered]):
        assert evaluate(run, "--metrics", "pixel_diversity_12", *arguments) == 0
    found = [result for result in read(run / "metrics.jsonl") if result.model != REAL]
    assert [r.data for r in found] == [f"folder:{x}" for x in (paintings, same)] + [str(numbered)]
    assert all(set(result.by_class) == set(classes) for result in found)
    assert [len(column.cells) for column in columns(found)] == [1, 1]  # the last two share data


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize("changed", [False, True])
def test_images_that_have_changed_since_the_training_are_told(run, paintings, changed, capsys):
    now: Any = fingerprint(open_source(Data(spec=f"folder:{paintings}", image_size=16)))
    if changed:
        now["train"]["landscape"]["keys"] = "others"
    (run / "data.json").write_text(json.dumps(now))
    told = f"folder:{paintings} is not what {run} was trained on, it now has different train images"
    assert evaluate(run, *FEW) == 0
    assert (told in capsys.readouterr().err) == changed
    assert evaluate(run, *FEW, "--data", f"folder:{paintings}") == 0
    assert told not in capsys.readouterr().err


def test_data_of_other_classes_is_refused(run, paintings, tmp_path, capsys):
    """Whatever the run's settings expect of its own data."""
    tree = tomllib.loads((run / "config.toml").read_text())
    names = sorted(path.name for path in (paintings / "train").iterdir())
    tree["data"] |= {"classes": 3, "class_names": names, "train_count": 36, "val_count": 12}
    (run / "config.toml").write_text(tomli_w.dumps(tree))
    renamed = copied(paintings, tmp_path / "renamed", "not {}".format)
    for folder in (renamed, copied(paintings, tmp_path / "fewer", lambda _: "rings")):
        assert evaluate(run, *FEW, "--data", f"folder:{folder}") == 2
        error = sentence(capsys)
        assert f"error: folder:{folder} has the classes " in error
        assert error.endswith(": give --data with the same classes.")
    assert not (run / "metrics.jsonl").exists()
