"""Printed output: to consoles with few characters, to closed pipes, into files of any name."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from artgan_tf import cli
from artgan_tf.catalogue import models
from artgan_tf.config import InputError
from artgan_tf.sampling.files import save_animation, save_each, scale_of
from artgan_tf.sampling.sheets import Selection, Sheet
from tests.evaluation.material import make_run
from tests.test_help import REPOSITORY
from tests.tfrecords_tools.conversions import COMMAND

NAMES = ("Musée", "葛飾北斎", "👩\u200d🎨")


@pytest.mark.slow
def test_a_console_without_the_characters_of_a_name_is_no_reason_to_fail(tmp_path: Path) -> None:
    for name in NAMES:
        for number in range(12):
            path = tmp_path / "source" / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (9, 9)).save(path)
    (tmp_path / "source" / NAMES[1] / "ночь.svg").write_text("no image")
    command = [
        *COMMAND,
        tmp_path / "source",
        "--out",
        tmp_path / "out",
        "--size",
        8,
        "--workers",
        1,
    ]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        list(map(str, command)), env=environment, cwd=REPOSITORY, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    assert b"are skipped" in done.stderr
    assert rb"\u845b" in done.stdout
    assert "葛飾北斎" in (tmp_path / "out" / "report.txt").read_text(encoding="utf-8")


def test_help_may_be_cut_off() -> None:
    command = [sys.executable, "-u", "-m", "artgan_tf.fit", "--help"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=REPOSITORY, text=True
    )
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    said = process.stderr.read()
    assert (process.wait(), said) == (0, "")


@pytest.mark.parametrize(
    ("started", "words", "path", "typed"),
    [
        ("/x/artgan_tf/fit.py", [".venv/bin/python", "-m"], "", ".venv/bin/python -m artgan_tf."),
        ("/x/artgan_tf/fit.py", [], "", "python -m artgan_tf."),
        (".venv/bin/artgan", ["/x/python", ".venv/bin/artgan"], "", ".venv/bin/artgan "),
        (".venv/bin/artgan", ["/x/python", ".venv/bin/artgan"], ".venv/bin", "artgan "),
    ],
)
def test_commands_to_type_next_are_as_the_program_was_started(
    started, words, path, typed, tmp_path, monkeypatch, capsys
) -> None:
    script = tmp_path / ".venv" / "bin" / "artgan"
    script.parent.mkdir(parents=True)
    script.touch(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [started])
    monkeypatch.setattr(sys, "orig_argv", words)
    monkeypatch.setenv("PATH", path)
    models()
    assert f"  paint   {typed}sample pretrained:cifar10\n" in capsys.readouterr().out
    board = cli.command("tensorboard.main", "--logdir", "a b", script="tensorboard")
    start = typed.replace("artgan_tf.", "tensorboard.main ").replace("artgan ", "tensorboard ")
    assert board == f"{start}--logdir 'a b'"


# ---- files -----------------------------------------------------------------------------------
@pytest.mark.parametrize("letter", ["x", "é", "語", "🎨"])
def test_a_class_s_name_may_be_too_long_for_a_file_s(tmp_path: Path, letter: str) -> None:
    names = [letter * 255, letter * 254]
    images = np.zeros((2, 1, 8, 8, 3), np.uint8)
    selection = Selection(classes=(0, 1), seeds=(2**53 - 1,), truncation=1.0, magnified=False)
    save_each(Sheet(images, names), selection, tmp_path / "many")
    assert len(list((tmp_path / "many").glob("*.png"))) == 2
    assert names[0] in (tmp_path / "many" / "samples.csv").read_text(encoding="utf-8")


def test_an_animation_of_too_many_classes_is_refused(tmp_path: Path) -> None:
    images = np.zeros((260, 1, 256, 256, 3), np.uint8)
    sheet = Sheet(images, [f"class {number}" for number in range(260)])
    with pytest.raises(InputError, match=r"too large for a GIF.*fewer --classes"):
        save_animation(sheet, tmp_path / "all.gif", scale=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "most"),
    # of 3 rows of 10 pictures of 40x20 pixels; an animation shows one column at a time
    [(".png", 16_000 // 200), (".gif", 16_000 // 120), ("", 16_000 // 40)],
)
def test_a_scale_that_would_fill_the_memory_is_refused(kind: str, most: int) -> None:
    sheet = Sheet(np.zeros((3, 10, 40, 20, 3), np.uint8), ["a", "b", "c"])
    assert scale_of(sheet, kind, most) == most
    with pytest.raises(InputError, match=f"--scale {most + 1} is too large .* use 1 to {most}"):
        scale_of(sheet, kind, most + 1)
    assert scale_of(sheet, kind) == (7 if kind else 1)
    wide = Sheet(np.zeros((1, 900, 40, 40, 3), np.uint8), ["a"])
    assert scale_of(wide, ".png") == scale_of(wide, ".png", 1) == 1  # as painted, however large


@pytest.mark.slow
def test_from_python_tensorflow_says_nothing_of_a_machine_without_a_gpu(
    paintings: Path, tmp_path: Path
) -> None:
    run = make_run(tmp_path / "run", "improved", paintings)
    code = f"import artgan_tf; artgan_tf.load({str(run)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
