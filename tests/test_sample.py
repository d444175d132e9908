"""The verb `sample`: its files and its refusals."""

import csv
import shutil
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageSequence

from artgan_tf import cli
from artgan_tf.sample import sample
from artgan_tf.sampling import models

opened_once = cache(models.open_model)


@pytest.fixture
def run(exports, tmp_path, monkeypatch, capsys):
    """`run(arguments)`: the exit code, what was printed, and the sentence on stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(models, "open_model", opened_once)

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
    with Image.open(tmp_path / "sample.png") as picture:
        assert picture.height == 2 * 130  # 16 pixels, magnified eight times
        size = f"{picture.width}x260"
    what = "6 pictures of 16x16, 2 classes (rings, Éclair), seeds 0 to 2"
    assert (code, out) == (0, f"sample.png: {size} pixels; {what}.\n")


def test_what_is_there_stays(run, tmp_path):
    """A default name gets a number; a given name is refused, unless it may be replaced."""
    ask = ("--count", "1", "--scale", "1")
    for name in ("sample.png", "sample-2.png", "sample-3.png"):
        assert run(*ask)[1].startswith(f"{name}: ")
    for out, file in (("sheet.png", "sheet.png"), ("many", "many/samples.csv")):
        assert run("--count", "9", *ask[2:], "--out", out)[0] == 0
        before = (tmp_path / file).read_bytes()
        code, _, err = run("--count", "2", "--out", out)
        assert (code, (tmp_path / file).read_bytes()) == (2, before)
        assert err == f"error: {out} already exists: name another --out, or add --overwrite.\n"
        assert run("--count", "2", "--out", out, "--overwrite")[0] == 0
        assert (tmp_path / file).read_bytes() != before
    names = {path.name for path in (tmp_path / "many").iterdir()}
    with (tmp_path / "many" / "samples.csv").open(encoding="utf-8", newline="") as lines:
        assert names == {"samples.csv", *(row["file"] for row in csv.DictReader(lines))}


def test_pictures_are_as_large_as_asked(run, tmp_path):
    side, ask = 48, ("--classes", "rings", "--count", "1", "--scale", "3")
    for out in ("one.png", "each"):
        assert run(*ask, "--out", out)[0] == 0
    with (
        Image.open(tmp_path / "one.png") as sheet,
        Image.open(tmp_path / "each" / "000-rings-0.png") as picture,
    ):
        assert (sheet.height, picture.size) == (side + 2, (side, side))
        cell = sheet.crop((sheet.width - side - 2, 0, sheet.width - 2, side))
        np.testing.assert_array_equal(np.asarray(cell), np.asarray(picture))


def test_a_folder_gets_a_png_each_and_a_list(run, tmp_path, samplers):
    code, *_ = run("--count", "2", "--seed", "5", "--out", "many", "--truncation", "0.5")
    assert code == 0
    with (tmp_path / "many" / "samples.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["class"] for row in rows[2:4]] == 2 * ['waves & "quotes"']
    assert [row["seed"] for row in rows[2:4]] == ["5", "6"]
    assert len({row["file"] for row in rows}) == 6
    with Image.open(tmp_path / "many" / rows[5]["file"]) as picture:
        expected = samplers["improved"].generate(["Éclair"], [6], truncation=0.5)[0]
        np.testing.assert_array_equal(np.asarray(picture), expected)


@pytest.mark.parametrize(("way", "frames"), [("seeds", 2 * 3), ("classes", 3 * 3)])
def test_ways_are_a_sheet_or_an_animation(run, tmp_path, way, frames):
    ask = ("--interpolate", way, "--frames", "3", "--count", "2", "--out")
    for kind in ("gif", "webp", "png"):
        code, out, _ = run(*ask, f"way.{kind}")
        assert code == 0
        assert f"{frames * {'seeds': 3, 'classes': 2}[way]} pictures of 16x16" in out
    for kind in ("gif", "webp"):
        with Image.open(tmp_path / f"way.{kind}") as moving:
            shown = [np.asarray(f.convert("L"), int) for f in ImageSequence.Iterator(moving)]
        assert len(shown) == frames
        assert moving.width < 3 * 130  # pictures are 128 wide
        names = [frame[:, : -16 * 8 - 6] for frame in shown]  # names of both ends
        other = [(abs(a - b) > 150).mean() > 0.001 for a, b in pairwise(names)]
        assert other == [number % 3 == 0 for number in range(1, frames)]
    with Image.open(tmp_path / "way.png") as sheet:  # each interpolation with both ends
        assert sheet.height == 6 * 130
        assert sheet.width > 4 * 130


def test_the_progress_of_a_run(run, tmp_path):
    samples = tmp_path / "run" / "samples"
    samples.mkdir(parents=True)
    (tmp_path / "run" / "config.toml").touch()
    for step, red in ((20, 20), (1_000_000, 100), (3, 3)):
        Image.new("RGB", (8, 8), (red, 0, 0)).save(samples / f"step_{step:06d}.png")
    Image.new("RGB", (9, 9)).save(samples / "step_000003_magnified.png")
    code, out, _ = run("--progress", model=tmp_path / "run")
    assert (code, out) == (0, "progress.gif: 8x8 pixels, 3 frames, from step 3 to 1,000,000.\n")
    with Image.open(tmp_path / "progress.gif") as gif:
        reds = [np.asarray(f.convert("RGB"))[0, 0, 0] for f in ImageSequence.Iterator(gif)]
    assert len(reds) == 3
    assert reds == sorted(reds)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("saved_model.pb", b""),
        ("variables/variables.data-00000-of-00001", b"half"),
        ("variables/variables.index", None),
        ("assets.extra/artgan.json", b"{"),
        ("assets.extra/artgan.json", b"[]"),
        ("assets.extra/artgan.json", b"{}"),
        ("assets.extra/artgan.json", b'{"class_names": null, "image_size": 16}'),
    ],
)
def test_damaged_exports_are_told(run, tmp_path, exports, file, content):
    export = shutil.copytree(exports["improved"], tmp_path / "1")
    (export / file).unlink() if content is None else (export / file).write_bytes(content)
    code, out, err = run("--count", "1", model=export)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert " is damaged or incomplete" in err
    assert err.endswith(": copy it or export the run again.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_classes_are_listed(run):
    assert run("--list-classes")[1] == 'rings\nwaves & "quotes"\nÉclair\n'


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--out", "a.bmp"], "a.bmp is invalid: use a .png, a .gif or .webp, or a folder."),
        (
            ["--out", "a.gif"],
            "A grid is a still: name a .png, not a.gif, or add --interpolate.",
        ),
        (["--interpolate", "seeds", "--out", "folder"], "--interpolate makes one sheet or"),
        (["--progress", "--out", "a.png"], "name a .gif or .webp, not a.png."),
        (["--scale", "0"], "--scale 0 is invalid: use 1 or more."),
        (["--progress", "--out", "a.gif"], "holds no sample grids"),
        (["--progress", "--list-classes", "--scale", "2"], "leave out --list-classes, --scale."),
        (["--progress", "--frames", "9", "--seed", "2"], "leave out --frames, --seed."),
        (["--classes", "ring"], "There is no class 'ring'"),
        (["--interpolate", "seeds", "--count", "1"], "ask for two or more"),
        (["--interpolate", "seeds", "--magnified"], "An export magnifies whole classes and seeds"),
        (["--seed", "-1"], "8 seeds from -1 on"),
        (["--checkpoint", "500"], "is an export, of one checkpoint: leave --checkpoint out"),
    ],
)
def test_mistakes_are_one_sentence(run, tmp_path, arguments, sentence):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert sentence in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("nowhere", ""),
        ("cifar10", "'pretrained:cifar10'"),
        ("mine", "'runs/mine'"),
        ("cats", "sample runs/mine --classes cats'"),
        ("landscape", "sample pretrained:wikiart-genre --classes landscape'"),
    ],
)
def test_what_is_no_model_is_refused_with_what_may_be_meant(run, tmp_path, named, meant):
    (tmp_path / "runs" / "mine").mkdir(parents=True)
    (tmp_path / "runs" / "mine" / "config.toml").touch()
    (tmp_path / "runs" / "mine" / "classes.txt").write_text("cats\n")
    code, _, err = run(model=named)
    assert code == 2
    assert ("did you mean" in err) == bool(meant)
    assert f"{meant}{'?)' if meant else ''}: name a folder made by fit" in err
    assert "an export, pretrained:cifar10, " in err
    assert " or pretrained:wikiart-style." in err
