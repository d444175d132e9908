"""The verb `sample`: which files it makes, and what it refuses."""

import csv

import numpy as np
import pytest
from PIL import Image, ImageSequence

from artgan_tf import cli
from artgan_tf.sample import sample


@pytest.fixture
def run(exports, tmp_path, monkeypatch, capsys):
    """`run(arguments)`: the exit code, what was printed, and the sentence on stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, model: object = exports["improved"].parent):
        code = 0
        try:
            cli.main(sample, "sample", [str(model), *arguments])
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


def test_a_grid_is_one_png(run, tmp_path):
    code, out, _ = run("--classes", "rings", "Éclair", "--count", "3")
    assert (code, out) == (0, "sample.png\n")
    with Image.open(tmp_path / "sample.png") as picture:
        assert picture.height == 2 * 66  # of 16 pixels, shown four times as large


def test_a_folder_gets_a_png_each_and_a_list(run, tmp_path, painters):
    code, *_ = run("--count", "2", "--seed", "5", "--out", "many", "--truncation", "0.5")
    assert code == 0
    with (tmp_path / "many" / "samples.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["class"], row["seed"]) for row in rows][2:4] == [
        ('waves & "quotes"', "5"),
        ('waves & "quotes"', "6"),
    ]
    assert len({row["file"] for row in rows}) == 6
    with Image.open(tmp_path / "many" / rows[5]["file"]) as picture:
        expected = painters["improved"].generate(["Éclair"], [6], truncation=0.5)[0]
        np.testing.assert_array_equal(np.asarray(picture), expected)


@pytest.mark.parametrize(("way", "frames"), [("seeds", 2 * 3), ("classes", 3 * 3)])
def test_ways_are_a_sheet_or_an_animation(run, tmp_path, way, frames):
    ask = ("--interpolate", way, "--frames", "3", "--count", "2", "--out")
    assert run(*ask, "way.gif")[0] == 0
    assert run(*ask, "way.png")[0] == 0
    with Image.open(tmp_path / "way.gif") as gif, Image.open(tmp_path / "way.png") as sheet:
        assert len(list(ImageSequence.Iterator(gif))) == frames
        assert sheet.width > frames * 64


def test_the_progress_of_a_run(run, tmp_path):
    samples = tmp_path / "run" / "samples"
    samples.mkdir(parents=True)
    for step in (20, 100, 3):
        Image.new("RGB", (8, 8), (step, 0, 0)).save(samples / f"step_{step:06d}.png")
    Image.new("RGB", (9, 9)).save(samples / "step_000003_magnified.png")
    assert run("--progress", "--out", "progress.gif", model=tmp_path / "run")[0] == 0
    with Image.open(tmp_path / "progress.gif") as gif:
        reds = [np.asarray(f.convert("RGB"))[0, 0, 0] for f in ImageSequence.Iterator(gif)]
    assert len(reds) == 3
    assert reds == sorted(reds)


def test_classes_are_listed(run):
    assert run("--list-classes")[1] == 'rings\nwaves & "quotes"\nÉclair\n'


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--out", "a.bmp"], "a.bmp will not do: name a .png, a .gif or a folder."),
        (["--out", "a.gif"], "A grid stands still: name a .png, not a.gif, or --interpolate."),
        (["--interpolate", "seeds", "--out", "folder"], "--interpolate makes one sheet or GIF"),
        (["--progress"], "--progress makes an animation: name a .gif, not sample.png."),
        (["--progress", "--out", "a.gif"], "holds no sample grids"),
        (["--classes", "ring"], "There is no class 'ring'"),
        (["--interpolate", "seeds", "--count", "1"], "ask for two or more"),
        (["--interpolate", "seeds", "--magnified"], "An export magnifies whole classes and seeds"),
        (["--seed", "-1"], "8 seeds from -1 on"),
    ],
)
def test_mistakes_are_one_sentence(run, tmp_path, arguments, sentence):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert sentence in err
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_model_is_refused(run, tmp_path):
    assert run(model=tmp_path / "nowhere")[0] == 2
