"""The verb: a table, lines of results, exit codes, and one sentence for each mistake."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artgan_tf import cli
from artgan_tf.evaluate import evaluate as verb
from artgan_tf.evaluation import evaluate as module
from artgan_tf.evaluation import measures
from artgan_tf.evaluation.results import REAL, columns, read
from artgan_tf.gan import GAN
from artgan_tf.painter import Painter
from artgan_tf.runs.checkpoints import Checkpoints
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.load import load_gan
from tests.evaluation.material import STEP, make_run, save

FEW = ["--metrics", "deviation_12", "agreement_d_20", "d_accuracy_val"]
pytestmark = pytest.mark.usefixtures("no_report")


def evaluate(*arguments: object) -> int:
    """The verb's exit code, in this process."""
    with pytest.raises(SystemExit) as exit_:
        cli.main(verb, "evaluate", [str(argument) for argument in arguments])
    return int(exit_.value.code or 0)


def sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """The only error that was printed."""
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    (error,) = (line for line in printed.splitlines() if line.startswith("error: "))
    assert error.endswith(".")
    return error


@pytest.fixture
def run(improved: Path, tmp_path: Path) -> Path:
    """A copy of the run, to be written to."""
    return shutil.copytree(improved, tmp_path / "run")


@pytest.fixture
def loaded(painter: Painter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading takes longer than finding a mistake."""
    monkeypatch.setattr(module, "load", lambda *_: painter)


# ---- what it gives ------------------------------------------------------------------------------
def test_all_that_can_be_had_is_measured_when_no_metric_is_named(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(run, "--extractor", "random-projection", "--seeds", 0, 1) == 0
    found = read(run / "metrics.jsonl")
    printed = capsys.readouterr().out
    for result in found:
        assert result.metric in printed
    assert "(2 seeds)" in printed
    assert f"{run}, ema, step {STEP}" in printed
    assert str(run / "metrics.jsonl") in printed
    names = {result.metric for result in found}
    assert {"fid_33_val", "deviation_12", "d_accuracy_val", "authenticity_12"} <= names
    assert not {name for name in names if name.startswith(("is_", "intra_fid"))}
    subjects = [(result.model, result.seed) for result in found]
    assert list(dict.fromkeys(subjects)) == [(REAL, 0), (str(run), 0), (str(run), 1)]
    assert subjects == sorted(subjects, key=lambda x: (x[0] != REAL, x[1]))


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


def test_results_are_added_to_those_before(run: Path) -> None:
    file = run / "metrics.jsonl"
    assert evaluate(run, *FEW, "deviation_12") == 0
    before = file.read_bytes()
    assert len(before.splitlines()) == 1 + 3
    file.write_bytes(before[:-20])
    assert evaluate(run, "--metrics", "d_accuracy_val") == 0
    assert file.read_bytes().startswith(before[:-20])
    assert [result.metric for result in read(file)][-2:] == ["agreement_d_20", "d_accuracy_val"]


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


def test_raw_weights_have_a_row_of_their_own(run: Path) -> None:
    for weights in ("ema", "raw"):
        assert evaluate(run, "--metrics", "deviation_12", "--weights", weights) == 0
    (column,) = columns(read(run / "metrics.jsonl"))
    assert [row[1] for row in column.cells] == ["", "ema", "raw"]
    assert len(set(column.cells.values())) == 3


def test_best_checkpoint_is_what_was_saved_as_best(run: Path) -> None:
    gan, _ = load_gan(RunDirectory(run))
    gan.compile()
    gan.averaged.set_weights(gan.generator.get_weights())
    gan.step.assign(3)
    Checkpoints(gan, run / "checkpoints").save_best("kid_1k_val", 0.5, "lower")
    for which in ("best", "latest"):
        assert evaluate(run, "--metrics", "deviation_12", "--checkpoint", which) == 0
    found = {result.step: result.values for result in read(run / "metrics.jsonl")}
    assert list(found) == [0, 3, STEP]
    assert found[3] != found[STEP]


def test_a_model_without_autoencoder_is_measured_without_it(
    paintings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path / "run", "improved", paintings, model__autoencoder=False)
    assert evaluate(run) == 0
    names = {result.metric for result in read(run / "metrics.jsonl")}
    assert "d_accuracy_val" in names
    assert "reconstruction_val" not in names
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


def test_other_data_of_the_same_classes(run: Path, paintings: Path, tmp_path: Path) -> None:
    classes = sorted(path.name for path in (paintings / "train").iterdir())
    same = copied(paintings, tmp_path / "same", str)
    numbered = copied(paintings, tmp_path / "numbered", lambda name: str(classes.index(name)))
    for arguments in ([], ["--data", f"folder:{same}"], ["--data", numbered]):
        assert evaluate(run, "--metrics", "deviation_12", *arguments) == 0
    found = [result for result in read(run / "metrics.jsonl") if result.model != REAL]
    assert [r.data for r in found] == [f"folder:{x}" for x in (paintings, same)] + [str(numbered)]
    assert all(set(result.by_class) == set(classes) for result in found)
    assert [len(column.cells) for column in columns(found)] == [1, 1]  # the last two are one data


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
        assert error.endswith(": evaluate it on data of the same classes.")
    assert not (run / "metrics.jsonl").exists()


# ---- mistakes -----------------------------------------------------------------------------------
@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--metrics", "fid_10k_foo"], ["There is no metric 'fid_10k_foo'", "kid_10k_val"]),
        (["--metrics", "kid_30_val"], ["kid_30_val needs an extractor", "inception-2015:FILE"]),
        (["--extractor", "inception-2015:/no/file"], ["There is no file /no/file", "default_1.pt"]),
        (["--extractor", "inception"], ["There is no extractor 'inception'", "keras-inception"]),
        (["--data", "folder:/no/where"], ["/no/where"]),
        (["--data", "ftp:x"], ["ftp:x", "folder:DIR"]),
        (["--metrics", "parzen_30", "--seeds", "3", "9999999999"], ["9999999999", "2,147,483,647"]),
        (["--seeds"], ["--seeds", "nothing"]),
        (["--metrics", "parzen_30", "--out", __file__], [__file__, "File exists"]),
        (["--metrics", "intra_fid_30_val", "--extractor", "pixels"], ["intra_fid_30_val", "2,048"]),
    ],
)
def test_mistakes_are_one_sentence_and_exit_code_2(
    arguments: list[str], words: list[str], run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(run, *arguments) == 2
    error = sentence(capsys)
    for word in words:
        assert word in error
    assert not (run / "metrics.jsonl").exists()


def test_runs_that_cannot_be_loaded(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = run / "checkpoints" / f"step-{STEP}.data-00000-of-00001"
    shard = data.read_bytes()
    assert evaluate(run.parent / "none") == 2
    assert f"{run.parent / 'none'} is no run: it has no config.toml." in sentence(capsys)
    assert evaluate(run, "--checkpoint", "best") == 2
    assert "holds no best checkpoint. log.metrics keeps one." in sentence(capsys)
    for damaged in (shard[:1000], shard[:5000] + b"\0\1\2\3" + shard[5004:]):
        data.write_bytes(damaged)
        assert evaluate(run) == 2
        assert f"step-{STEP} is damaged: take another one." in sentence(capsys)
    shutil.rmtree(run / "checkpoints")
    assert evaluate(run) == 2
    assert "holds no latest checkpoint." in sentence(capsys)


def test_what_the_parser_refuses_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["run", "--weights", "best"], ["run", "--metric", "fid_10k_val"]):
        assert evaluate(*arguments) == 2
        assert "Traceback" not in capsys.readouterr().err


def test_a_mistake_in_a_process_of_its_own(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "artgan_tf.evaluate", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == f"error: {tmp_path} is no run: it has no config.toml.\n"


# ---- failed runs --------------------------------------------------------------------------------
def spoilt(run: Path, spoil: Callable[[GAN], None]) -> None:
    gan, _ = load_gan(RunDirectory(run))
    gan.compile()
    spoil(gan)
    save(gan, run, STEP + 1)


def nan(network: str) -> Callable[[GAN], None]:
    def spoil(gan: GAN) -> None:
        for weight in getattr(gan, network).weights:
            weight.assign(np.full(weight.shape, np.nan))

    return spoil


@pytest.mark.parametrize(
    ("network", "words"), [("averaged", "holds NaN"), ("discriminator", "D gives NaN")]
)
def test_networks_of_nan_are_a_failed_run_without_results(
    network: str, words: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt(run, nan(network))
    metrics = ["d_accuracy_val", "agreement_d_20"] if network == "discriminator" else []
    assert evaluate(run, "--metrics", *metrics, "deviation_12") == 1
    assert words in sentence(capsys)
    assert [result.model for result in read(run / "metrics.jsonl")] == [REAL]


def test_ctrl_c_keeps_the_results_there_are(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(measures, "_classes_seen_by", interrupt)
    assert evaluate(run, "--metrics", "deviation_12", "agreement_d_20") == 1
    assert sentence(capsys) == "error: interrupted."
    assert [result.metric for result in read(run / "metrics.jsonl")] == ["deviation_12"] * 2
