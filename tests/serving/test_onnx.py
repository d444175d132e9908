"""`export --onnx`: ONNX Runtime gives Keras's pictures, or the export fails."""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from artgan_tf import cli
from artgan_tf.config import RunError
from artgan_tf.export import export as verb
from artgan_tf.serving import onnx_file, saved_model
from artgan_tf.serving.saved_model import ExportOptions
from tests.conftest import Made
from tests.samplers import CLASSES, tiny_sampler
from tests.serving.conftest import faded

K = len(CLASSES)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "serving.md"


@pytest.fixture(scope="module")
def extra():
    """Skip tests that need the extra's packages if these are not installed."""
    for name in onnx_file.PACKAGES:
        pytest.importorskip(name, reason=f"there is no {name}: requirements-onnx.txt")


@pytest.fixture(scope="module")
def files(extra, samplers, tmp_path_factory):
    """The ONNX file of each sampler."""
    root = tmp_path_factory.mktemp("onnx")

    def made(paper):
        onnx_file.write_onnx(root / f"{paper}.onnx", samplers[paper])
        return root / f"{paper}.onnx"

    return Made(made)


def session(file):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def request(sampler, count):
    z = sampler.latents(range(100, 100 + count)).numpy()
    return {"z": z, "label": np.arange(count, dtype=np.int32)[::-1] % K}


def apart(images, sampler, asked, magnified=False):
    """Return the difference of each value from Keras's picture, in grey levels."""
    wanted = sampler.paint(asked["z"], sampler.gan.one_hot(asked["label"]), magnified)
    assert (images.shape, images.dtype) == (wanted.shape, np.uint8)
    return np.abs(images.astype(int) - wanted)


# ---- the file ---------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("paper", ["improved", "artgan", "critic"])
def test_pictures_are_kerass(files, samplers, paper):
    opened, sampler = session(files[paper]), samplers[paper]
    sizes = {"images": 16, "magnified": 32} if paper == "improved" else {"images": 16}
    for count in (1, 17):
        asked = request(sampler, count)
        images, *twice = opened.run(None, asked)
        assert images.std() > 5  # uniformly grey pictures would match too
        levels = apart(images, sampler, asked)
        assert levels.max() <= 1
        assert levels.mean() < 1e-3
    assert len(twice) == len(sizes) - 1
    for large in twice:
        assert apart(large, sampler, asked, magnified=True).max() <= 1
    assert [(x.name, x.type, x.shape) for x in opened.get_inputs()] == [
        ("z", "tensor(float)", ["N", 8]),
        ("label", "tensor(int32)", ["N"]),
    ]
    assert {x.name: (x.type, x.shape) for x in opened.get_outputs()} == {
        name: ("tensor(uint8)", ["N", size, size, 3]) for name, size in sizes.items()
    }
    known = opened.get_modelmeta().custom_metadata_map
    assert json.loads(known["class_names"]) == CLASSES


def test_the_pages_line_paints(files, samplers, tmp_path, monkeypatch):
    import onnxruntime

    shutil.copy(files["artgan"], tmp_path / "generator.onnx")
    monkeypatch.chdir(tmp_path)
    (line,) = re.findall(r"^`(images, = onnxruntime.*)`$", PAGE.read_text("utf-8"), re.M)
    known: dict[str, Any] = {"onnxruntime": onnxruntime, **request(samplers["artgan"], 5)}
    exec(line, known)
    assert apart(known["images"], samplers["artgan"], request(samplers["artgan"], 5)).max() <= 1


@pytest.mark.parametrize("label", [-K - 1, -1, K, 2**31 - 1])
def test_a_label_out_of_range_is_an_error(files, label):
    asked = {"z": np.zeros((2, 8), np.float32), "label": np.array([0, label], np.int32)}
    with pytest.raises(Exception, match="out of data bounds"):
        session(files["artgan"]).run(None, asked)


def test_half_is_half_the_size_and_a_few_levels_apart(files, samplers, tmp_path):
    file, sampler = tmp_path / "half.onnx", samplers["artgan"]
    onnx_file.write_onnx(file, sampler, half=True)
    onnx_file.check_onnx(file, sampler, half=True)
    saved = files["artgan"].stat().st_size - file.stat().st_size
    floats = sum(value.size for value in sampler.generator.get_weights())
    assert saved > 0.8 * 2 * floats  # the graph is a third of such a small file
    asked = request(sampler, 64)
    (images,) = session(file).run(["images"], asked)
    assert 0 < apart(images, sampler, asked).max() <= 3


@pytest.mark.slow
def test_a_run_of_mixed_precision_is_painted_in_float32(extra, samplers, tmp_path):
    sampler, file = tiny_sampler("artgan", "mixed_bfloat16"), tmp_path / "x.onnx"
    sampler.generator.set_weights(samplers["artgan"].generator.get_weights())
    onnx_file.write_onnx(file, sampler)
    for alike in (sampler, samplers["artgan"]):
        onnx_file.check_onnx(file, alike)


# ---- the check --------------------------------------------------------------------------------
@pytest.mark.parametrize("half", [False, True])
def test_the_file_of_another_sampler_is_refused(files, samplers, half):
    told = r"generator.onnx/images differs from Keras by \d+ "
    file = files["artgan"]  # made here, with the weights as they are
    with faded(samplers["artgan"], 0.9), pytest.raises(RunError, match=told):
        onnx_file.check_onnx(file, samplers["artgan"], half)


def test_a_damaged_file_is_told_in_one_line(files, samplers, tmp_path):
    (tmp_path / "x.onnx").write_bytes(files["artgan"].read_bytes()[:-1000])
    with pytest.raises(RunError, match=r"ONNX Runtime cannot run generator\.onnx: ") as error:
        onnx_file.check_onnx(tmp_path / "x.onnx", samplers["artgan"])
    assert "\n" not in str(error.value)


# ---- the verb ---------------------------------------------------------------------------------
def test_an_export_holds_the_file_and_a_wrong_one_leaves_no_version(
    files, samplers, tmp_path, monkeypatch
):
    """The run is a ready sampler, its file has been converted, and there is no SavedModel."""
    made = "improved"
    monkeypatch.setattr(saved_model, "load", lambda run, which, weights: samplers["improved"])
    monkeypatch.setattr(saved_model, "check", lambda *arguments: None)
    monkeypatch.setattr(tf.saved_model, "save", lambda _, folder, signatures: Path(folder).mkdir())
    monkeypatch.setattr(
        saved_model, "write_onnx", lambda file, sampler, half: shutil.copy(files[made], file)
    )
    folder = saved_model.export_run(tmp_path, ExportOptions(onnx=True)) / "assets.extra"
    assert (folder / "generator.onnx").read_bytes() == files["improved"].read_bytes()
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "`generator.onnx`" in card
    assert "z, 8 numbers a picture, from the uniform distribution" in card
    assert json.loads((folder / "artgan.json").read_text(encoding="utf-8"))["onnx"] is True
    plain = saved_model.export_run(tmp_path, ExportOptions(name="plain")) / "assets.extra"
    assert not (plain / "generator.onnx").exists()
    assert "onnx" not in (plain / "README.md").read_text(encoding="utf-8").lower()
    made = "critic"
    with pytest.raises(RunError, match="generator"):
        saved_model.export_run(tmp_path, ExportOptions(name="wrong", onnx=True))
    assert not [*tmp_path.glob("export/wrong/*/*")]


@pytest.mark.parametrize("name", onnx_file.PACKAGES)
def test_without_the_packages_one_sentence_and_nothing_is_made(name, tmp_path, monkeypatch, capsys):
    for package in onnx_file.PACKAGES:
        monkeypatch.setitem(sys.modules, package, sys)  # importable, which is all that is checked
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SystemExit) as exit_:
        cli.main(verb, "export", ["pretrained:cifar10", "--onnx", "--out", str(tmp_path)])
    assert exit_.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: --onnx needs {name} (")
    assert "pip install 'artgan-tf[onnx]'" in told
    assert told.count("\n") == 1
    assert not list(tmp_path.iterdir())
