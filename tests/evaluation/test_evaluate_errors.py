"""The verb's exit codes: 2 and one sentence for a mistake, 1 for a run that fails."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from artgan_tf.config import default_cache
from artgan_tf.evaluation import entries
from artgan_tf.evaluation import measure as module
from artgan_tf.evaluation.results import REAL, read
from artgan_tf.gan import GAN
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.load import load_gan
from artgan_tf.sampler import Sampler
from tests.evaluation.material import STEP, save
from tests.evaluation.verbs import evaluate, sentence

pytestmark = pytest.mark.usefixtures("no_report")


@pytest.fixture
def loaded(sampler: Sampler, monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip loading, which takes longer than finding a mistake."""
    monkeypatch.setattr(module, "load", lambda *_: sampler)


# ---- mistakes -----------------------------------------------------------------------------------
@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--metrics", "fid_10k_foo"], ["There is no metric 'fid_10k_foo'", "kid_10k_val"]),
        (["--metrics", "is_30"], ["is_30 needs an extractor", "inception-2015:FILE"]),
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
def test_mistakes_are_one_sentence_and_exit_code_2(
    arguments: list[str], words: list[str], run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(run, *arguments) == 2
    error = sentence(capsys)
    for word in words:
        assert word in error
    assert not (run / "metrics.jsonl").exists()


def test_a_pretrained_generator_needs_the_data_it_is_compared_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, spec in (("wikiart-genre", "tfrecords:data/wikiart-genre"), ("cifar10", "cifar10")):
        assert evaluate(Path(f"pretrained:{name}")) == 2
        told = sentence(capsys)
        assert f"pretrained:{name} is compared with " in told
        assert spec in told
        assert "give --data" in told
    assert evaluate(Path("pretrained:cifar10"), "--data", "folder:/no/where") == 2
    assert "/no/where" in sentence(capsys)


def test_runs_that_cannot_be_loaded(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = run / "checkpoints" / f"step-{STEP}.npz"
    shard = data.read_bytes()
    assert evaluate(run.parent / "none") == 2
    told = sentence(capsys)
    assert f"There is no run '{run.parent / 'none'}': name a folder made by fit, " in told
    assert "pretrained:wikiart-genre-half or pretrained:wikiart-style." in told
    assert evaluate(run, "--checkpoint", "best") == 2
    assert "holds no best checkpoint: set log.metrics to keep one." in sentence(capsys)
    for damaged in (shard[:1000], shard[:5000] + b"\0\1\2\3" + shard[5004:]):
        data.write_bytes(damaged)
        assert evaluate(run) == 2
        told = sentence(capsys)
        assert f"step-{STEP}.npz cannot be used: it cannot be read (" in told
        assert told.endswith("There is no other checkpoint.")
    shutil.rmtree(run / "checkpoints")
    assert evaluate(run) == 2
    assert "holds no checkpoint yet: " in sentence(capsys)


def test_what_the_parser_refuses_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["run", "--weights", "best"], ["run", "--metric", "fid_10k_val"]):
        assert evaluate(*arguments) == 2
        assert "Traceback" not in capsys.readouterr().err


# ---- failed runs --------------------------------------------------------------------------------
def spoilt(run: Path, spoil: Callable[[GAN], None]) -> None:
    gan, _ = load_gan(RunDirectory(run))
    gan.compile()
    spoil(gan)
    save(gan, run, STEP + 1)


def huge(network: str) -> Callable[[GAN], None]:
    """Make weights so large that they are finite but their results are not."""

    def spoil(gan: GAN) -> None:
        for weight in getattr(gan, network).weights:
            weight.assign(np.full(weight.shape, 3e38))

    return spoil


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "words"), [("averaged", "holds NaN"), ("discriminator", "D gives NaN")]
)
def test_networks_that_give_nan_are_a_failed_run_without_results(
    network: str, words: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt(run, huge(network))
    metrics = ["d_accuracy_val", "conditional_accuracy_d_20"] if network == "discriminator" else []
    assert evaluate(run, "--metrics", *metrics, "pixel_diversity_12") == 1
    assert words in sentence(capsys)
    assert [result.model for result in read(run / "metrics.jsonl")] == [REAL]


def test_ctrl_c_keeps_the_results_there_are(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(entries, "_classes_seen_by", interrupt)
    assert evaluate(run, "--metrics", "pixel_diversity_12", "conditional_accuracy_d_20") == 1
    said = sentence(capsys)
    assert f"Interrupted: figures so far are in {run / 'metrics.jsonl'}; features and" in said
    assert f"cached in {default_cache()}, and the same command takes them from there." in said
    assert [result.metric for result in read(run / "metrics.jsonl")] == ["pixel_diversity_12"] * 2
