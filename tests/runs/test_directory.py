"""A run's directory with damaged or missing files."""

import pytest

from artgan_tf.config import Config, InputError
from artgan_tf.runs.directory import RunDirectory


def test_a_damaged_configuration_is_named(tmp_path):
    (tmp_path / "config.toml").write_text("preset = \n")
    with pytest.raises(InputError, match=r"config\.toml is damaged: Invalid value"):
        RunDirectory(tmp_path).config()


def test_a_setting_of_another_version_is_named(tmp_path):
    (tmp_path / "config.toml").write_text("[train]\nstepz = 3\n")
    with pytest.raises(InputError, match=r"Unknown setting 'train\.stepz' \(did you mean 'steps'"):
        RunDirectory(tmp_path).config()


def test_former_settings_are_read_if_they_were_off(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("[discriminator]\nnoise_decay_steps = 0\nlabel_smoothing = 0.0\n")
    assert RunDirectory(tmp_path).config() == Config()
    config.write_text("discriminator = 3\n")
    with pytest.raises(InputError, match="discriminator = 3"):
        RunDirectory(tmp_path).config()
    config.write_text("[discriminator]\nlabel_smoothing = 0.1\n")
    with pytest.raises(InputError, match=r"has label_smoothing = 0\.1, .* delete that line"):
        RunDirectory(tmp_path).config()


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_missing_or_damaged_class_names_are_named(content, tmp_path):
    if content:
        (tmp_path / "classes.txt").write_bytes(content)
    with pytest.raises(InputError, match=r"classes\.txt is missing or damaged"):
        RunDirectory(tmp_path).class_names()
