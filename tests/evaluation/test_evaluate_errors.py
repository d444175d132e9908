"""The verb's exit codes: 2 and one sentence for a mistake, 1 for a run that fails."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from artgan_tf.config import default_cache
from artgan_tf.evaluation import entries
from artgan_tf.evaluation.results import REAL, read
from tests.evaluation.material import STEP
from tests.evaluation.verbs import evaluate, sentence

pytestmark = pytest.mark.usefixtures("no_report")


# ---- mistakes -----------------------------------------------------------------------------------
@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--metrics", "fid_10k_foo"], ["There is no metric 'fid_10k_foo'", "kid_10k_val"]),
        (["--metrics", "is_30"], ["is_30 needs logits", "inception-2015:classify_image"]),
        (["--extractor", "inception-2015:/no/file"], ["There is no file /no/file", "default_1.pt"]),
        (["--extractor", "inception"], ["There is no extractor 'inception'", "keras-inception"]),
        (["--data", "folder:/no/where"], ["/no/where"]),
        (["--data", "ftp:x"], ["ftp:x", "folder:DIR"]),
        (["--metrics", "parzen_30", "--seeds", "3", "9999999999"], ["9999999999", "2,147,483,647"]),
        (["--seeds"], ["--seeds", "nothing"]),
        (["--metrics", "parzen_30", "--out", __file__], [__file__, "is a file: name another"]),
        (["--metrics", "intra_fid_30_val", "--extractor", "pixels"], ["intra_fid_30_val", "2,048"]),
    ],
)
def test_mistakes_are_one_sentence_and_exit_code_2(arguments, words, run, capsys):
    assert evaluate(run, *arguments) == 2
    error = sentence(capsys)
    for word in words:
        assert word in error
    assert not (run / "metrics.jsonl").exists()


def test_a_pretrained_generator_needs_the_data_it_is_compared_with(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    compared = {"wikiart-genre": "tfrecords:data/wikiart-genre", "cifar10": "folder:data/cifar10"}
    for name, spec in compared.items():
        assert evaluate(Path(f"pretrained:{name}")) == 2
        told = sentence(capsys)
        assert f"pretrained:{name} is compared with {spec}" in told
        assert "give --data" in told
    assert evaluate(Path("pretrained:cifar10"), "--data", "folder:/no/where") == 2
    assert "/no/where" in sentence(capsys)


def test_runs_that_cannot_be_loaded(run, capsys):
    assert evaluate(run.parent / "none") == 2
    told = sentence(capsys)
    assert f"There is no run '{run.parent / 'none'}': name a folder made by fit, " in told
    assert "pretrained:wikiart-genre-half or pretrained:wikiart-style." in told
    assert evaluate(run, "--checkpoint", "best") == 2
    assert "holds no best checkpoint: set log.metrics to keep one." in sentence(capsys)
    data = run / "checkpoints" / f"step-{STEP}.npz"
    data.write_bytes(data.read_bytes()[:1000])
    assert evaluate(run) == 2
    told = sentence(capsys)
    assert f"step-{STEP}.npz cannot be used: it cannot be read (" in told
    assert told.endswith("There is no other checkpoint.")
    shutil.rmtree(run / "checkpoints")
    assert evaluate(run) == 2
    assert "holds no checkpoint yet: " in sentence(capsys)


def test_what_the_parser_refuses_is_exit_code_2(capsys):
    for arguments in ([], ["run", "--weights", "best"], ["run", "--metric", "fid_10k_val"]):
        assert evaluate(*arguments) == 2
        assert "Traceback" not in capsys.readouterr().err


# ---- failed runs --------------------------------------------------------------------------------
@pytest.mark.usefixtures("loaded")
def test_a_broken_generator_is_a_failed_run_without_results(run, sampler, monkeypatch, capsys):
    monkeypatch.setattr(sampler, "generate", lambda x, _: np.zeros((len(x), 16, 16, 3), np.uint8))
    assert evaluate(run, "--metrics", "pixel_diversity_12") == 1
    assert "All 12 generated images are one and the same: G is broken." in sentence(capsys)
    assert [result.model for result in read(run / "metrics.jsonl")] == [REAL]


@pytest.mark.usefixtures("loaded")
def test_ctrl_c_keeps_the_results_there_are(run, monkeypatch, capsys):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(entries, "_classes_seen_by", interrupt)
    assert evaluate(run, "--metrics", "pixel_diversity_12", "conditional_accuracy_d_20") == 1
    said = sentence(capsys)
    assert f"Interrupted: figures so far are in {run / 'metrics.jsonl'}; features and" in said
    assert f"cached in {default_cache()}, and the same command takes them from there." in said
    assert [result.metric for result in read(run / "metrics.jsonl")] == ["pixel_diversity_12"] * 2
