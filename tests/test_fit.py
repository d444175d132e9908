"""The verb: exit codes, one-sentence errors, the dry run, two devices."""

import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
import tomli_w

from artgan_tf import cli, sizing
from artgan_tf.config import Config, InputError, resolve, to_tree
from artgan_tf.data.source import Indexed
from artgan_tf.fit import fit as verb
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.pretrained import locate
from artgan_tf.task import plan
from artgan_tf.training import summary, trial
from artgan_tf.training.trial import attempt
from tests.tfds_folder import set_data_folder


def fit(*arguments: str) -> int:
    """Run the verb in this process; returns its exit code."""
    with pytest.raises(SystemExit) as exit_:
        cli.main(verb, "fit", list(arguments))
    return int(exit_.value.code or 0)


@pytest.fixture
def runs(tmp_path, monkeypatch) -> Path:
    """The folder of runs."""
    monkeypatch.setenv("ARTGAN_RUNS", str(tmp_path))
    return tmp_path


@pytest.fixture
def own(paintings) -> dict[str, str]:
    """The setting that names a folder of 36 and 12 pictures in three classes."""
    return {"data.spec": str(paintings)}


def begun(folder: Path, config: Config) -> Path:
    """A run that has begun with a configuration."""
    (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    (folder / "checkpoints" / "step-1.npz").touch()
    (folder / "config.toml").write_text(tomli_w.dumps(to_tree(config)))
    return folder


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no/such"], ["no/such", "a preset listed by fit --help"]),
        (["--data", "folder:/no/where"], ["/no/where"]),
        (["recommended/own-small"], ["needs your own images: add --data FOLDER."]),
        (["--data", "ftp:x"], ["ftp:x", "folder:DIR"]),
        (["--set", "train.batchsize=3"], ["train.batchsize", "batch_size"]),
        (["--set", "trian.steps=3"], ["trian", "train"]),
        (["--set", "model.width=-1"], ["model.width", "-1", "greater than 0"]),
        (["--set", "model.width"], ["section.key=value", "model.width"]),
        (["--batch-size", "60000"], ["60000", "5000"]),
        (["artgan/cifar10", "--set", "model.magnify=true"], ["model.magnify works only"]),
        (["--set", 'model.generator=["8:x"]'], ["8:x", "size:channels"]),
        (["--init", "/no/run", "--steps", "1"], ["/no/run"]),
        (
            ["demo", "--init", "pretrained:cifar10"],
            ["pretrained:cifar10 has", "leave out the preset"],
        ),
        (["--init", "pretrained:cifar10"], ["pretrained:cifar10 has ", "add --data FOLDER"]),
        (["--checkpoint", "7"], ["--checkpoint", "add --init RUN"]),
        (["--set", "train.init_checkpoint=x"], ["train.init_checkpoint = 'x'", "'best' or", "int"]),
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


def test_unknown_flag_is_exit_code_2(capsys):
    assert fit("--stepz", "3") == 2
    assert "Traceback" not in capsys.readouterr().err


def test_runs_lie_under_one_root_whatever_the_preset(runs):
    (runs / "deep").mkdir()
    mine = runs / "deep" / "mine.toml"
    mine.write_text('extends = "demo"')
    assert sizing.default_run_dir(resolve("improved/cifar10")) == runs / "improved" / "cifar10"
    assert sizing.default_run_dir(resolve(str(mine))) == runs / "mine"


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("folder:some/paintings/", "paintings"), ("mine", "mine"), ("arrays:a.npz", "a"),
        ("tfds:cifar10:3.0.2", "cifar10"), (".", Path.cwd().name),
        ("..", Path.cwd().parent.name), ("folder:some/..", Path.cwd().name),
    ],
)  # fmt: skip
def test_data_of_ones_own_name_the_run(spec, name, runs):
    for preset in sizing.CPU, sizing.GPU:
        assert sizing.default_run_dir(resolve(preset, {"data.spec": spec})) == runs / name


@pytest.mark.parametrize(
    ("pictures", "gpu", "steps", "batch", "adapts"),
    [
        (1, False, 1_000, 2, True),
        (200, False, 2_500, 32, True),
        (60_000, False, 4_000, 32, False),
        (200, True, 4_000, 128, True),
        (60_000, True, 16_000, 128, False),
    ],
)
def test_the_size_of_ones_own_training(pictures, gpu, steps, batch, adapts):
    size = sizing.fitting(pictures, gpu=gpu)
    config = resolve(size.preset, size.settings)
    assert config.preset == (sizing.GPU if gpu else sizing.CPU)
    assert (config.train.steps, config.train.batch_size) == (steps, batch)
    assert (config.discriminator.augment_strength == "adaptive") == adapts
    assert all(0 < drop < steps for drop in config.train.lr_drops)
    assert f"{pictures:,} pictures" in size.why
    assert "minutes" in size.why


def test_the_steps_of_a_size_follow_the_batch_that_is_asked_for():
    steps = [
        sizing.fitting(300, gpu=False, asked=asked).settings["train.steps"]
        for asked in ({}, {"train.batch_size": 64})
    ]
    assert steps == [3_700, 1_800]  # 400 times 300 images, in batches of 32 and 64


@pytest.mark.parametrize(
    ("asked", "steps", "drops", "every"),
    [
        ({"train.steps": 400}, 400, (320,), 20),
        ({"train.steps": 1}, 1, (1,), 1),
        ({"train.epochs": 8, "train.batch_size": 30}, 0, (64,), 4),
        ({"train.epochs": 8, "train.steps": 12_000}, 12_000, (9_600,), 600),
    ],
)
def test_the_rest_of_a_size_follows_the_length_that_is_asked_for(asked, steps, drops, every):
    size = sizing.fitting(300, gpu=False, asked=asked)
    config = resolve(size.preset, size.settings | asked)
    assert (config.train.steps, config.train.lr_drops) == (steps, drops)
    assert (config.train.epochs, config.log.validate_every) == (asked.get("train.epochs", 0), every)
    assert f"about {max(1, round(20 * every / 120))} minutes" in size.why


def test_a_size_takes_values_as_they_are_validated(own, runs):
    raw = {"train.batch_size": "016", "data.image_size": "064", "train.epochs": "4"}
    config = plan(None, own | raw).config
    assert (config.train.batch_size, config.data.image_size) == (16, 64)
    assert (config.train.steps, config.train.epochs, config.train.lr_drops) == (0, 4, (7,))


def test_images_that_cannot_be_counted_train_its_networks_too():
    init = resolve("recommended/wikiart-genre-half")
    for gpu in (False, True):
        size = sizing.whole(gpu, init)
        assert resolve(size.preset, size.settings).model == init.model


@pytest.mark.parametrize(
    ("pictures", "steps"), [(40, 1_000), (400, 1_900), (800, 3_800), (5_353, 4_000)]
)
def test_a_trained_model_sees_fewer_of_the_pictures(pictures, steps):
    init = resolve("recommended/wikiart-genre-half")
    size = sizing.fitting(pictures, gpu=False, init=init)
    assert resolve(size.preset, size.settings).train.steps == steps
    assert "with the networks it starts from" in size.why


def test_no_preset_takes_the_classes_and_the_size_of_the_data(own, runs):
    task = plan(None, own)
    assert task.run_dir == runs / Path(own["data.spec"]).name
    assert task.source is not None
    assert len(task.source.class_names) == 3
    fitting = sizing.fitting(36, False, side=16).settings
    assert task.config == resolve(sizing.CPU, fitting | own)
    assert plan(None, {}).config == plan("demo", {}).config == resolve("demo")


def test_no_preset_takes_the_networks_to_start_from(own, runs):
    init = RunDirectory(locate("pretrained:wikiart-genre")).config()
    asked = own | {"train.init": "pretrained:wikiart-genre"}
    config = plan(None, asked).config
    assert (config.preset, config.model) == (sizing.CPU, init.model)
    assert config.data.image_size == init.data.image_size
    assert config.train.lr_generator == init.train.lr_generator
    assert config.train.steps == 1_000
    begun(runs / Path(own["data.spec"]).name, config)
    assert plan(None, asked).config == config  # resumes


def test_a_run_that_has_begun_does_not_ask_for_what_it_started_from(tmp_path):
    asked = {"train.init": "pretrained:cifar10"}  # whose networks may be others by now
    with pytest.raises(InputError, match="pretrained:cifar10 has"):
        plan("demo", asked, tmp_path)
    begun(tmp_path, resolve("demo", asked))
    assert plan("demo", asked, tmp_path).config.train.init == "pretrained:cifar10"


def test_small_pictures_are_drawn_in_their_size(own, runs):
    task = plan(None, own)
    assert task.config.data.image_size == 32
    assert task.config.model == resolve("recommended/cifar10-small").model
    assert "36 pictures, drawn at 32x32, adaptive" in task.why
    assert task.source is not None
    assert isinstance(task.source.train, Indexed)
    assert task.source.side == 16
    assert task.source.train.load(0).shape == (32, 32, 3)
    asked = plan(None, own | {"data.image_size": 64})
    assert asked.config.model == resolve(sizing.CPU).model
    assert asked.source is not None
    assert summary.about_data(asked.config, asked.source).endswith("16 pixels, enlarged to 64")
    npz = runs / "large.npz"
    np.savez(npz, images=np.zeros((8, 50, 90, 3), np.uint8), labels=np.zeros(8, int))
    large = plan(None, {"data.spec": f"arrays:{npz}"})
    assert large.source is not None
    assert (large.source.side, large.config.data.image_size) == (50, 64)


def test_a_run_of_ones_own_keeps_its_size(own, tmp_path, monkeypatch):
    config = resolve(sizing.GPU, own | {"train.steps": 123, "train.batch_size": 9})
    run_dir = begun(tmp_path / "run", config)
    monkeypatch.setattr("artgan_tf.sizing.FEW", 0)
    assert plan(None, own, run_dir).config == config
    assert plan(None, own, run_dir, fresh=True).config.preset == sizing.CPU


@pytest.mark.slow
def test_dry_run_prints_settings_parameter_counts_and_data_sizes(tiny_arguments, tmp_path, capsys):
    run_dir = tmp_path / "run"
    settings = [*tiny_arguments("artgan", train__seed=5), "--set", "train.rho=0.25"]
    assert fit(*settings, "--steps", "77", "--run-dir", str(run_dir), "--dry-run") == 0
    printed = capsys.readouterr().out
    data, networks, device, run, time = printed.splitlines()[:5]
    pictures = "36 training pictures, 12 held out"
    assert data.startswith(f"# data      3 classes (landscape, portrait, still life): {pictures}")
    sizes = r"# network   ArtGAN, 16x16: G [\d,]+ and D [\d,]+ trainable parameters"
    assert re.fullmatch(sizes, networks)
    assert device.startswith("# device    ")
    assert device.endswith(", float32")
    assert run == f"# run       {run_dir}: artgan/cifar10, 77 steps of 9"
    assert re.fullmatch(
        r"# time      about \d+ minutes, at [\d.]+ steps a second; [\d.]+ GiB of memory", time
    )
    train = tomllib.loads(printed)["train"]
    assert (train["steps"], train["seed"], train["rho"]) == (77, 5, 0.25)
    assert not run_dir.exists()


def test_dry_run_works_before_the_data_are_made(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert fit("artgan/wikiart-genre-small", "--set", "train.epochs=3", "--dry-run") == 0
    printed = capsys.readouterr().out
    assert "# data      There is no folder data/wikiart-genre" in printed
    assert "G 1,150,979 and D 745,419 trainable parameters" in printed
    assert f"{round(3 * 45_503 / 64):,} steps of 64" in printed


def test_dry_run_tells_that_memory_is_short(paintings, tmp_path, capsys, monkeypatch):
    def exhausted(*_):
        raise MemoryError

    monkeypatch.setattr(trial, "_attempt", exhausted)
    flags = ["--data", str(paintings), "--set", "data.classes=0", "--batch-size", "9"]
    flags += ["--run-dir", str(tmp_path / "run")]
    assert fit("demo", *flags, "--dry-run") == 1
    assert "error: Out of memory with batch 9, width" in capsys.readouterr().err


def test_dry_run_refuses_data_that_do_not_fit(paintings, capsys):
    flags = ["--data", str(paintings), "--dry-run"]
    assert fit("improved/wikiart-genre", *flags) == 2
    told = capsys.readouterr()
    assert "has 3 classes (landscape, portrait, still life) but this preset expects 10" in told.err
    assert told.out == ""
    assert fit("improved/wikiart-genre", "--data", "folder:/no/where", "--dry-run") == 2


def test_dry_run_refuses_metrics_that_a_training_refuses(tiny_arguments, capsys):
    arguments = tiny_arguments("improved", model__autoencoder=False)
    assert fit(*arguments, "--set", 'log.metrics=["reconstruction_val"]', "--dry-run") == 2
    assert "reconstruction_val needs an autoencoder" in capsys.readouterr().err


def test_dry_run_waits_for_no_other_worker(tiny, monkeypatch):
    cluster = {"worker": ["localhost:1", "localhost:2"]}
    task = {"type": "worker", "index": 0}
    for strategy in ("multiworker", "auto"):
        monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
        config = tiny("improved", train__strategy=strategy, data__classes=3)
        assert attempt(config, None).rate == 0


@pytest.mark.slow
def test_dry_run_downloads_nothing(capsys, tmp_path, monkeypatch):
    set_data_folder(tmp_path, monkeypatch)
    monkeypatch.delattr("tensorflow_datasets.core.DatasetBuilder.download_and_prepare")
    assert fit("improved/cifar10-small", "--dry-run") == 0
    printed = capsys.readouterr().out
    assert f"# data      tfds:cifar10:3.0.2 is not in {tmp_path}" in printed
    assert "trainable parameters" in printed
