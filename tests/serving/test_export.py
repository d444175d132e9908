"""`export`: numbered versions, complete or absent, and the files that accompany them."""

import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from artgan_tf import export as verb
from artgan_tf.config import InputError, RunError, from_tree
from artgan_tf.serving import check, saved_model
from artgan_tf.serving.saved_model import ExportOptions
from artgan_tf.serving.warmup import read_warmup
from tests.samplers import CLASSES
from tfrecords_tools.common import locks


@pytest.fixture
def quick(exports, samplers, monkeypatch):
    """Make exports fast: the run is a ready sampler, its export is copied, checks always pass."""

    def write(sampler, folder, *_):
        shutil.copytree(exports["improved"], folder)

    monkeypatch.setattr(saved_model, "load", lambda run, which, weights: samplers["improved"])
    monkeypatch.setattr(saved_model, "write", write)
    monkeypatch.setattr(saved_model, "check", lambda *arguments: None)
    return monkeypatch


def test_versions_count_up(quick, tmp_path):
    made = [saved_model.export_run(tmp_path, ExportOptions()) for _ in range(2)]
    folder = tmp_path / "export" / tmp_path.name  # named after the run, not after the preset
    assert made == [folder / "1", folder / "2"]
    (folder / "9").mkdir()
    (folder / "part-10").mkdir()
    assert saved_model.export_run(tmp_path, ExportOptions()).name == "10"


def test_the_commands_to_type_next_name_the_export(quick, tmp_path, capsys):
    """The run paints its newest weights, which need not be the exported ones."""
    quick.setattr(verb, "check_run", lambda *_, **__: None)
    verb.export(tmp_path / "run", weights="raw")
    told = capsys.readouterr().out
    for name in ("sample", "serve"):
        assert re.search(rf"{name} .+ {tmp_path}/run/export/run\n", told)


@pytest.mark.parametrize(
    ("run", "name"),
    [("run", name) for name in ("..", "a/b", "/tmp/a", "a\\b", "a:b")] + [("a:b", "")],
)
def test_a_name_stays_below_out(quick, tmp_path, run, name):
    with pytest.raises(InputError, match=r"--name .* one folder below --out"):
        saved_model.export_run(tmp_path / run, ExportOptions(tmp_path / "models", name))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("foreign", "files"),
    [
        (True, ["part-1/a.png"]),  # a data folder
        (True, ["1/a.png"]),
        (True, ["config.toml", "export/run/1/saved_model.pb"]),  # a run
        (False, [".lock", ".tmp-export-x/made/saved_model.pb", "1/"]),
        (False, ["bad-2/saved_model.pb", "part-1/a.png"]),  # rolled back
    ],
)
def test_only_a_folder_of_exports_is_written(quick, tmp_path, foreign, files):
    folder = tmp_path / "models" / "paintings"
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).mkdir() if file.endswith("/") else (folder / file).touch()
    options = ExportOptions(tmp_path / "models", "paintings")
    before = sorted(folder.rglob("*"))
    if foreign:
        with pytest.raises(InputError, match="something else than exports: choose another --out"):
            saved_model.export_run(tmp_path / "run", options)
        assert sorted(folder.rglob("*")) == before
    else:
        assert saved_model.export_run(tmp_path / "run", options).parent == folder
        assert not [path for path in folder.iterdir() if path.name.startswith(".tmp-")]
        assert all((folder / file).exists() for file in files if not file.startswith("."))


@pytest.mark.parametrize("step", ["write", "check"])
def test_a_failed_export_leaves_nothing(quick, tmp_path, step):
    first = saved_model.export_run(tmp_path, ExportOptions())

    def fail(*arguments):
        raise RunError("no")

    quick.setattr(saved_model, step, fail)
    with pytest.raises(RunError, match="no"):
        saved_model.export_run(tmp_path, ExportOptions())
    assert [p for p in first.parent.iterdir() if p.name not in locks.NAMES] == [first]


def test_real_images_go_along_where_they_are_asked_for(quick, tmp_path):
    sheets = {(2, "folder:x"): Image.new("RGB", (32, 48))}
    quick.setattr(saved_model, "real_sheet", lambda sampler, *asked: sheets[asked])
    options = ExportOptions(tmp_path, "artgan", references=2, data="folder:x")
    made = saved_model.export_run(tmp_path / "run", options)
    assert made == tmp_path / "artgan" / "1"
    assert Image.open(made / "assets.extra" / "references.jpg").size == (32, 48)
    plain = saved_model.export_run(tmp_path / "run", ExportOptions(tmp_path, "artgan"))
    assert not (plain / "assets.extra" / "references.jpg").exists()


def test_of_two_exports_at_a_time_the_second_is_refused(quick, tmp_path):
    first = locks.held(tmp_path / "export" / tmp_path.name, "exporting", "let it end")
    with first, pytest.raises(InputError, match="is being written by process"):
        saved_model.export_run(tmp_path, ExportOptions())


def test_what_lies_beside_the_graph(exports, samplers):
    sampler, extra = samplers["improved"], exports["improved"] / "assets.extra"
    facts = json.loads((extra / "artgan.json").read_text(encoding="utf-8"))
    assert facts["class_names"] == CLASSES
    assert (facts["image_size"], facts["magnified"]) == (16, True)
    assert from_tree(facts["config"]) == sampler.gan.config
    card = (extra / "README.md").read_text(encoding="utf-8")
    assert all(name in card for name in [*CLASSES, *facts["signatures"]])
    # Its warm-up asks each signature.
    found = dict(read_warmup(extra))
    assert list(found) == facts["signatures"]
    for signature, inputs in check.requests(sampler).items():
        assert found[signature].keys() == inputs.keys()
        for name, value in inputs.items():
            np.testing.assert_array_equal(found[signature][name], value)
    assert not list(read_warmup(exports["improved"]))
