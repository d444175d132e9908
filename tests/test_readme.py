"""What README says can be typed: flags, presets, files and names that exist."""

import re
import shlex
from pathlib import Path

import pytest
import tyro

import artgan_tf
from artgan_tf import cli
from artgan_tf.evaluate import evaluate
from artgan_tf.evaluation import protocols
from artgan_tf.fit import fit
from artgan_tf.preset_files import preset_names
from tfrecords_tools.options import Options, checked

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GPU = (ROOT / "experiments" / "gpu.md").read_text(encoding="utf-8")


def commands_of(module: str) -> list[str]:
    """The commands of both pages that run this module, each once."""
    return sorted(set(re.findall(rf"python -m {re.escape(module)}[^`\n|]*", README + GPU)))


def test_the_two_commands_stand_there():
    commands = re.findall(r"<!-- (fit|test) -->\n```sh\n(.*)\n```", README)
    assert [name for name, _ in commands] == ["fit", "test"]
    for _, command in commands:
        requirements = re.search(r"-r (\S+)", command)
        assert requirements
        assert (ROOT / requirements[1]).is_file()


def test_what_jax_needs_is_what_tensorflow_needs_of_it():
    lines = {
        name: (ROOT / f"requirements{name}.txt").read_text(encoding="utf-8").splitlines()
        for name in ("", "-jax")
    }
    shared = [line for line in lines["-jax"] if not re.match("#|jax", line)]
    assert len(shared) > 5
    assert set(shared) <= set(lines[""])


@pytest.mark.parametrize("line", commands_of("artgan_tf.fit"))
def test_fit_lines_parse(line, paintings, monkeypatch):
    arguments = shlex.split(line)[3:]
    arguments = [f"folder:{paintings}" if a.startswith("folder:") else a for a in arguments]
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as exit_:
        cli.main(fit, "fit", [*arguments, "--dry-run"])
    assert exit_.value.code == 0


@pytest.mark.parametrize("line", commands_of("artgan_tf.evaluate"))
def test_evaluate_lines_are_understood_up_to_the_run_that_is_not_there(
    line, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as exit_:
        cli.main(evaluate, "evaluate", shlex.split(line)[3:])
    assert exit_.value.code == 2
    assert "is no run: it has no config.toml" in capsys.readouterr().err


def test_metric_names_are_metrics():
    rows = re.findall(r"^\| (`.*?`) \|.*\|.*\|$", README.split("## How good is it?")[1], re.M)
    names = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert len(names) > 10
    assert {protocols.metric(name).kind for name in names} == set(protocols.KINDS)


@pytest.mark.parametrize("line", commands_of("tfrecords_tools.convert"))
def test_convert_lines_parse(line):
    own, _, beam = line.partition(" -- ")
    options = tyro.cli(Options, args=own.split()[3:])
    assert checked(options).out.parts[0] == "data"
    assert bool(beam) == (options.runner == "beam")


def test_pictures_and_links_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).is_file(), target


def test_presets_named_there_exist():
    named = set(re.findall(r"`((?:artgan|improved|recommended)/[a-z0-9-]+)`", README))
    assert named
    assert named <= set(preset_names())


def test_python_example_uses_names_that_exist():
    example = README.split("## From Python")[1].split("```")[1]
    for name in re.findall(r"artgan_tf\.(\w+)\(", example):
        assert callable(getattr(artgan_tf, name))
    settings = re.search(r"resolve\((.*)\)", example)
    assert settings
    assert eval(f"artgan_tf.resolve({settings[1]})").preset == "demo"
