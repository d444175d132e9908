"""The verb: its table, lines of results, and output files."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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
def test_all_that_can_be_had_is_measured_when_no_metric_is_named(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(run, "--extractor", "random-projection", "--seeds", 0, 1) == 0
    found = read(run / "metrics.jsonl")
    printed = capsys.readouterr().out
    verdict, _, table = printed.partition("\n\nmetric ")
    assert "  varied      " in verdict
    first = [line.split()[0] for line in table.splitlines()[2:6]]  # diversity within classes
    expected = ["intra_recall_33_k3", "intra_spread_33_val", "intra_kid_33_val"]
    assert first == [*expected, "shape_diversity_12"]
    for result in found:
        assert result.metric in printed
    assert "(2 seeds)" in printed
    assert f"{run}, ema, step {STEP}" in printed
    assert str(run / "metrics.jsonl") in printed
    names = {result.metric for result in found}
    assert {"fid_33_val", "pixel_diversity_12", "d_accuracy_val", "authenticity_12"} <= names
    assert not {name for name in names if name.startswith(("is_", "intra_fid"))}
    subjects = [(result.model, result.seed) for result in found]
    assert list(dict.fromkeys(subjects)) == [(REAL, 0), (str(run), 0), (str(run), 1)]
    assert subjects == sorted(subjects, key=lambda x: (x[0] != REAL, x[1]))
    assert [result.metric for result in found].count("d_accuracy_val") == 1  # whatever the seed


@pytest.mark.slow
@pytest.mark.parametrize("metrics", [[], ["--metrics", "kid_30_val", "pixel_diversity_12"]])
def test_without_an_extractor_a_classifier_of_the_real_images_gives_features(
    metrics: list[str], run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(run, *metrics) == 0
    found = {r.metric: r.extractor.get("extractor") for r in read(run / "metrics.jsonl")}
    own, printed = classifier.RECORD["extractor"], capsys.readouterr().out
    assert found["pixel_diversity_12"] is None
    if metrics:
        assert found.keys() == {"kid_30_val", "pixel_diversity_12"}
        assert found["kid_30_val"] == own
    else:
        assert {found[name] for name in ("fid_33_val", "intra_recall_33_k3")} == {own}
        assert "by a small classifier of these real images" in printed
    assert "skipped" not in printed


@pytest.mark.slow
def test_metrics_that_need_no_features_train_no_classifier(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(classifier, "train_classifier")
    assert evaluate(run, *FEW) == 0


@pytest.mark.slow
def test_what_is_left_out_without_features_is_said(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reference, "LEAST", 100)
    assert evaluate(run) == 0
    (told,) = (line for line in capsys.readouterr().out.splitlines() if "skipped" in line)
    assert told.split(maxsplit=1)[1] == (
        "fidelity, and diversity except by pixels: they need 100 held-out images, and there are "
        "12; --data names other real images"
    )
    assert not any(result.metric.startswith("fid") for result in read(run / "metrics.jsonl"))


@pytest.mark.slow
def test_a_line_tells_all_that_makes_it_comparable(run: Path, paintings: Path) -> None:
    assert evaluate(run, "--metrics", "kid_30_val", "--extractor", "pixels") == 0
    lines = (run / "metrics.jsonl").read_text().splitlines()
    _, row = map(json.loads, lines)
    known = {"metric": "kid_30_val", "model": str(run), "generated": 30, "real": 12}
    known |= {"weights": "ema", "step": STEP, "seed": 0, "data": f"folder:{paintings}"}
    assert known.items() <= row.items()
    assert row["extractor"] == {
        "extractor": "pixels",
        "protocol": "x / 255, flattened",
        "sha256": "",
    }
    assert len(row["data_sha256"]) == 64
    assert row["version"]
    assert set(row["values"]) == {"kid", "std"}


@pytest.mark.slow
def test_results_are_added_to_those_before(run: Path) -> None:
    file = run / "metrics.jsonl"
    assert evaluate(run, *FEW, "pixel_diversity_12") == 0
    before = file.read_bytes()
    assert len(before.splitlines()) == 1 + 3
    file.write_bytes(before[:-20])
    assert evaluate(run, "--metrics", "d_accuracy_val") == 0
    assert file.read_bytes().startswith(before[:-20])
    assert [result.metric for result in read(file)][-2:] == [
        "conditional_accuracy_d_20",
        "d_accuracy_val",
    ]


@pytest.mark.slow
def test_nothing_but_results_is_written_into_the_run(run: Path, tmp_path: Path) -> None:
    def content() -> dict[str, bytes]:
        files = (path for path in run.rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in files}

    before = content()
    assert evaluate(run, *FEW, "--out", tmp_path / "deep" / "out") == 0
    assert content() == before
    assert [path.name for path in (tmp_path / "deep" / "out").iterdir()] == ["metrics.jsonl"]
    assert evaluate(run, *FEW) == 0
    assert content().keys() - before.keys() == {str(run / "metrics.jsonl")}


@pytest.mark.slow
def test_raw_weights_have_a_row_of_their_own(run: Path) -> None:
    for weights in ("ema", "raw"):
        assert evaluate(run, "--metrics", "pixel_diversity_12", "--weights", weights) == 0
    (column,) = columns(read(run / "metrics.jsonl"))
    assert [row[1] for row in column.cells] == ["", "ema", "raw"]
    assert len(set(column.cells.values())) == 3


@pytest.mark.slow
def test_best_checkpoint_is_what_was_saved_as_best(run: Path) -> None:
    gan, _ = load_gan(RunDirectory(run))
    gan.compile()
    gan.averaged.set_weights(gan.generator.get_weights())
    gan.step.assign(3)
    Checkpoints(gan, run / "checkpoints").save_best("kid_1k_val", 0.5, "lower")
    for which in ("best", "latest"):
        assert evaluate(run, "--metrics", "pixel_diversity_12", "--checkpoint", which) == 0
    found = {result.step: result.values for result in read(run / "metrics.jsonl")}
    assert list(found) == [0, 3, STEP]
    assert found[3] != found[STEP]


@pytest.mark.slow
def test_a_model_without_autoencoder_is_measured_without_it(
    paintings: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measure, "usual", lambda *_, **__: ["d_accuracy_val", "reconstruction_val"])
    run = make_run(tmp_path / "run", "improved", paintings, model__autoencoder=False)
    assert evaluate(run, "--extractor", "pixels") == 0
    names = {result.metric for result in read(run / "metrics.jsonl")}
    assert names == {"d_accuracy_val"}
    assert evaluate(run, "--metrics", "reconstruction_val") == 2
    assert "this model's model.autoencoder is off" in sentence(capsys)


# ---- other data ---------------------------------------------------------------------------------
def copied(paintings: Path, to: Path, names: Callable[[str], str]) -> Path:
    for path in paintings.rglob("*.png"):
        split, name = path.relative_to(paintings).parts[:2]
        folder = to / split / names(name)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.asarray(Image.open(path))[::-1]).save(folder / path.name)
    return to


@pytest.mark.slow
def test_other_data_of_the_same_classes(run: Path, paintings: Path, tmp_path: Path) -> None:
    classes = sorted(path.name for path in (paintings / "train").iterdir())
    same = copied(paintings, tmp_path / "same", str)
    numbered = copied(paintings, tmp_path / "numbered", lambda name: str(classes.index(name)))
    for arguments in ([], ["--data", f"folder:{same}"], ["--data", numbered]):
        assert evaluate(run, "--metrics", "pixel_diversity_12", *arguments) == 0
    found = [result for result in read(run / "metrics.jsonl") if result.model != REAL]
    assert [r.data for r in found] == [f"folder:{x}" for x in (paintings, same)] + [str(numbered)]
    assert all(set(result.by_class) == set(classes) for result in found)
    assert [len(column.cells) for column in columns(found)] == [1, 1]  # the last two share data


def test_data_of_other_classes_is_refused(
    paintings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = sorted(path.name for path in (paintings / "train").iterdir())
    settings = {"data__classes": 3, "data__class_names": names}
    settings |= {"data__train_count": 36, "data__val_count": 12}
    run = make_run(tmp_path / "run", "improved", paintings, **settings)
    others = {
        "renamed": copied(paintings, tmp_path / "renamed", "not {}".format),
        "fewer": copied(paintings, tmp_path / "fewer", lambda _: "rings"),
    }
    for folder in others.values():
        assert evaluate(run, *FEW, "--data", f"folder:{folder}") == 2
        error = sentence(capsys)
        assert f"error: folder:{folder} has the classes " in error
        assert error.endswith(": give --data with the same classes.")
    assert not (run / "metrics.jsonl").exists()
