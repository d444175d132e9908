"""The verb: exit codes, one-sentence errors, the dry run, two devices."""

import subprocess
import sys
from pathlib import Path

import pytest

from artgan_tf import cli
from artgan_tf.config import resolve
from artgan_tf.fit import default_preset, default_run_dir
from artgan_tf.fit import fit as verb
from tests.conftest import tiny_overrides


def fit(*arguments: str) -> int:
    """The verb's exit code, in this process."""
    with pytest.raises(SystemExit) as exit_:
        cli.main(verb, "fit", list(arguments))
    return int(exit_.value.code or 0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no/such"], ["no/such", "improved/wikiart-genre"]),
        (["--data", "folder:/no/where"], ["/no/where"]),
        (["--data", "ftp:x"], ["ftp:x", "folder:DIR"]),
        (["--set", "train.batchsize=3"], ["train.batchsize", "batch_size"]),
        (["--set", "trian.steps=3"], ["trian", "train"]),
        (["--set", "model.width=-1"], ["model.width", "-1", "greater than 0"]),
        (["--set", "model.width"], ["section.key=value", "model.width"]),
        (["--batch-size", "60000"], ["60000", "5000"]),
        (["--set", "model.paper=artgan", "model.magnify=true"], ["model.magnify"]),
        (["--set", 'model.generator=["8:x"]'], ["8:x", "size:channels"]),
        (["--init", "/no/run", "--steps", "1"], ["/no/run"]),
    ],
)
def test_mistakes_are_one_sentence_and_exit_code_2(arguments, words, tmp_path, capsys):
    assert fit(*arguments, "--run-dir", str(tmp_path / "run")) == 2
    printed = capsys.readouterr().err
    assert "Traceback" not in printed
    errors = [line for line in printed.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    for word in words:
        assert word in errors[0]


def test_runs_lie_under_one_root_whatever_the_preset(tmp_path, monkeypatch):
    monkeypatch.setenv("ARTGAN_RUNS", str(tmp_path))
    mine = tmp_path / "deep" / "mine.toml"
    mine.parent.mkdir()
    mine.write_text('extends = "demo"')
    assert default_run_dir(resolve("improved/cifar10")) == tmp_path / "improved" / "cifar10"
    assert default_run_dir(resolve(str(mine))) == tmp_path / "mine"


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("folder:some/paintings/", "paintings"), ("mine", "mine"), ("arrays:a.npz", "a"),
        ("tfds:cifar10:3.0.2", "cifar10"), (".", Path.cwd().name),
    ],
)  # fmt: skip
def test_data_of_ones_own_need_no_preset(spec, name, tmp_path, monkeypatch):
    monkeypatch.setenv("ARTGAN_RUNS", str(tmp_path))
    for gpus, preset in ([], "recommended/own-small"), (["an A100"], "recommended/own"):
        monkeypatch.setattr("artgan_tf.fit.gpus", lambda gpus=gpus: gpus)
        assert default_preset(spec) == preset
        assert default_run_dir(resolve(preset, {"data.spec": spec})) == tmp_path / name
        assert default_preset(None) == default_preset("demo") == "demo"


def test_a_mistake_in_a_process_of_its_own():
    command = [sys.executable, "-m", "artgan_tf.fit", "no/such"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("error: There is no preset 'no/such'")
    assert len(done.stderr.splitlines()) == 1


def test_unknown_flag_is_exit_code_2(capsys):
    assert fit("--stepz", "3") == 2
    assert "Traceback" not in capsys.readouterr().err


def test_dry_run_prints_settings_parameter_counts_and_data_sizes(paintings, tmp_path, capsys):
    run_dir = tmp_path / "run"
    settings = ["--set", "data.classes=0", "train.seed=5", "--set", "train.beta1=0.25"]
    flags = ["--data", f"folder:{paintings}", "--steps", "77", "--run-dir", str(run_dir)]
    assert fit("improved/cifar10", *flags, "--dry-run", *settings) == 0
    printed = capsys.readouterr().out
    for line in ("steps = 77", "seed = 5", "beta1 = 0.25"):
        assert line in printed
    assert "# data: 3 classes, 36 training images, 12 held out" in printed
    # 10 classes have 2670752 and 3251488: seven rows of G's first layer and of D's last less.
    assert f"# generator: {2670752 - 7 * 8192} trainable parameters" in printed
    assert f"# discriminator: {3251488 - 7 * 32768} trainable parameters" in printed
    assert not run_dir.exists()


def test_dry_run_works_without_the_data(capsys):
    assert fit("improved/wikiart-genre", "--data", "folder:/no/where", "--dry-run") == 0
    printed = capsys.readouterr().out
    assert "# data: There is no folder" in printed
    assert "# generator: 4883360 trainable parameters" in printed
    assert "# discriminator: 15012512 trainable parameters" in printed


def test_dry_run_downloads_nothing(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("tensorflow_datasets.core.constants.DATA_DIR", str(tmp_path))
    monkeypatch.delattr("tensorflow_datasets.core.DatasetBuilder.download_and_prepare")
    assert fit("improved/cifar10", "--dry-run") == 0
    printed = capsys.readouterr().out
    assert f"# data: tfds:cifar10:3.0.2 is not in {tmp_path}" in printed
    assert "# generator: 2670752 trainable parameters" in printed


MIRRORED = """
import sys
from pathlib import Path
import numpy as np
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from artgan_tf import resolve, train
settings = eval(sys.argv[1])
result = train(resolve("improved/cifar10", settings), sys.argv[2])
assert result.finished
print("finished", result.step)
"""


@pytest.mark.slow
def test_mirrored_over_two_cpu_devices_trains_and_resumes(paintings, tmp_path):
    settings = tiny_overrides("improved", paintings) | {
        "train.strategy": "mirrored",
        "train.batch_size": 12,
    }
    for steps in (4, 6):
        command = [sys.executable, "-c", MIRRORED, repr(settings | {"train.steps": steps})]
        done = subprocess.run([*command, str(tmp_path / "run")], capture_output=True, text=True)
        assert f"finished {steps}" in done.stdout, done.stderr[-3000:]


def test_mirrored_refuses_what_it_cannot_divide(tmp_path):
    settings = {"data.spec": "demo", "data.classes": 0, "train.strategy": "mirrored"}
    settings |= {"train.batch_size": 63, "train.cifar_trick": False}
    command = [sys.executable, "-c", MIRRORED, repr(settings), str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "does not divide among 2 devices" in done.stderr
