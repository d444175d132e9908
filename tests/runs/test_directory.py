"""A run's directory with damaged or missing files."""

import pytest

from artgan_tf.config import Config, InputError, Train, resolve
from artgan_tf.runs.directory import RunDirectory


def test_only_steps_and_the_log_may_change(tmp_path):
    run, config = RunDirectory(tmp_path / "run"), resolve("demo")
    with run.held() as hold:
        run.begin(config, ["a"], {}, hold)
    run.check_place(resolve("demo", {"train.batch_size": 10}))  # as nothing was trained yet
    (run.checkpoints / "step-1.npz").touch()
    changed = {"train.steps": 7, "log.metrics": ["kid_1k_val"], "log.history_every": 3}
    changed |= {"data.on_corrupt": "skip"}
    run.check_place(resolve("demo", changed))
    with pytest.raises(
        InputError, match=r"train\.batch_size = \d+, not 10: only --steps, log\.\* and"
    ):
        run.check_place(resolve("demo", {"train.batch_size": 10}))


def test_one_folder_may_be_spelt_in_several_ways(tmp_path):
    run = RunDirectory(tmp_path / "run")
    with run.held() as hold:
        run.begin(resolve("demo", {"data.spec": "paintings"}), ["a"], {}, hold)
    (run.checkpoints / "step-1.npz").touch()
    for spec in ("paintings/", "./paintings", "folder:paintings"):
        run.check_place(resolve("demo", {"data.spec": spec}))
    with pytest.raises(InputError, match=r"data\.spec = 'paintings', not 'other'"):
        run.check_place(resolve("demo", {"data.spec": "other"}))


def test_an_abandoned_attempt_with_other_settings_is_moved_aside(tmp_path):
    run = RunDirectory(tmp_path / "run")
    for batch, runs in ((64, 1), (64, 1), (32, 2)):
        with run.held() as hold:
            run.begin(resolve("demo", {"train.batch_size": batch}), ["a"], {}, hold)
        assert len(list(tmp_path.iterdir())) == runs
        (run.samples / "step_000041.png").touch()
    assert run.config().train.batch_size == 32


def test_a_run_in_the_working_directory_is_not_moved_aside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = RunDirectory(".")
    with run.held() as hold:
        run.begin(resolve("demo"), ["a"], {}, hold)
        with pytest.raises(InputError, match="cannot be moved aside from within: leave it first"):
            run.begin(resolve("demo"), ["a"], {}, hold, fresh=True)


def test_changed_data_must_be_accepted_and_are_noted_then(tmp_path):
    run, config, accepting = RunDirectory(tmp_path), resolve("demo"), {"data.on_change": "accept"}
    before, now = ({"train": {"a": {"images": count, "keys": ""}}} for count in (12, 13))
    with run.held() as hold:
        run.begin(config, ["a"], before, hold)
        (run.checkpoints / "step-1.npz").touch()
        run.check(config, ["a"], before)
        with pytest.raises(InputError, match="it now has 13 train images of a, not 12") as told:
            run.check(config, ["a"], now)
        assert "--set data.on_change=accept" in str(told.value)
        run.check(resolve("demo", accepting), ["a"], now)
        run.begin(config, ["a"], now, hold)
    run.check(config, ["a"], now)
    with pytest.raises(InputError, match="trained on classes a, but the data now has b"):
        run.check(config, ["b"], now)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("preset = \n", r"config\.toml is damaged: Invalid value"),
        ("[train]\nstepz = 3\n", r"Unknown setting 'train\.stepz' \(did you mean 'steps'"),
        ("discriminator = 3\n", "discriminator = 3"),
        (
            "[discriminator]\nlabel_smoothing = 0.1\n",
            r"has label_smoothing = 0\.1, .* delete that line",
        ),
        ("[model]\ncritic = 'local'\n", r"has critic = 'local', .* delete that line"),
        ("[train]\ncritic = 'wgan'\n", r"train\.adversarial_loss = 'wgan' is invalid"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_named(text, told, tmp_path):
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(InputError, match=told):
        RunDirectory(tmp_path).config()


def test_former_settings_are_read_if_they_were_off(tmp_path):
    text = "[discriminator]\nnoise_decay_steps = 0\nlabel_smoothing = 0.0\n"
    (tmp_path / "config.toml").write_text(f"{text}[model]\ncritic = 'global'\n")
    assert RunDirectory(tmp_path).config() == Config()


def test_a_renamed_setting_keeps_its_value(tmp_path):
    (tmp_path / "config.toml").write_text("[train]\ncritic = 'hinge'\n")
    assert RunDirectory(tmp_path).config() == Config(train=Train(adversarial_loss="hinge"))


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_missing_or_damaged_class_names_are_named(content, tmp_path):
    if content:
        (tmp_path / "classes.txt").write_bytes(content)
    with pytest.raises(InputError, match=r"classes\.txt is missing or damaged"):
        RunDirectory(tmp_path).class_names()
