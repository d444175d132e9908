"""`fit` with JAX if TensorFlow cannot be imported, and the run's use with TensorFlow."""

import os
import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import artgan_tf
from artgan_tf import cli
from artgan_tf.config import InputError
from artgan_tf.data import spec
from artgan_tf.data.demo_paintings import CLASS_NAMES
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.training.train import train
from tests.demo import gallery
from tests.tfrecords_tools.conversions import converted
from tests.training.states import state

jax = pytest.importorskip("jax", reason="there is no JAX")

ROOT = Path(__file__).resolve().parents[2]
# Runs `fit` where only what requirements-jax.txt brings, and what that needs, can be imported.
JAX_ALONE = """
import runpy
from importlib.machinery import PathFinder
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

wanted, found = Path("requirements-jax.txt").read_text().splitlines(), {"packaging"}
while wanted:
    if line := wanted.pop().partition("#")[0].strip():
        each = Requirement(line)
        name = canonicalize_name(each.name)
        if name not in found and (not each.marker or each.marker.evaluate({"extra": ""})):
            found.add(name)
            wanted += requires(name) or []
owners = {m: {canonicalize_name(d) for d in of} for m, of in packages_distributions().items()}
find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *a: find(name, *a) if owners.get(name, found) & found else None
runpy.run_module("artgan_tf.fit", run_name="__main__", alter_sys=True)
"""
ALL_ON = {
    "discriminator__augment": ["colour", "translation", "cutout"],
    "discriminator__spectral_norm": True,
    "train__energy_weight": 3.0,
    "train__energy_of": ["colours", "shapes"],
    "train__fake_labels": "groups",
}
ADAPTIVE = {
    "train__adversarial_loss": "hinge",
    "train__gradient_penalty": 0.3,
    "discriminator__augment": ["colour"],
    "discriminator__augment_strength": "adaptive",
}


def python(backend: str, *arguments: object) -> subprocess.CompletedProcess:
    environment = os.environ | {"KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def done(backend: str, *arguments: object) -> str:
    process = python(backend, *arguments)
    assert process.returncode == 0, process.stderr[-3000:]
    return process.stdout


@pytest.fixture
def array_file(tmp_path: Path) -> Path:
    images, labels = gallery(0, 0, 60, 16)
    np.savez(tmp_path / "images.npz", images=images, labels=labels, class_names=CLASS_NAMES)
    return tmp_path / "images.npz"


def train_with_jax_alone(arguments: list[str], run: Path) -> None:
    assert "Trained 6 steps." in done("jax", "-c", JAX_ALONE, *arguments, "--run-dir", run)
    rows = RunDirectory(run).history()
    assert [row["step"] for row in rows if "d_loss" in row] == [2, 4, 6]
    assert {3, 6} <= {row["step"] for row in rows if "val_accuracy" in row}
    assert all(np.isfinite(value) for row in rows for value in row.values())


def assert_tensorflow_paints(run: Path) -> None:
    assert artgan_tf.load(run).generate([0, 1], [1, 2]).std() > 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_run_of_jax_alone_is_painted_by_tensorflow(tiny_arguments, array_file, tmp_path):
    run, data = tmp_path / "run", {"data__spec": f"arrays:{array_file}"}
    options = {"train__precision": "mixed_bfloat16"} | ADAPTIVE
    train_with_jax_alone(tiny_arguments("critic", **(data | options)), run)
    assert (run / "samples" / "step_000006.png").is_file()
    assert list((run / "tensorboard").iterdir())
    assert_tensorflow_paints(run)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_either_backend_goes_on_where_the_other_stopped(tiny, tiny_arguments, tmp_path):
    """With all options on, in a precision whose loss scale is saved, too."""
    run = tmp_path / "run"
    settings = ALL_ON | {"train__precision": "mixed_float16"}
    train(tiny("improved", train__steps=2, **settings), run)
    train_with_jax_alone(tiny_arguments("improved", **settings), run)
    assert_tensorflow_paints(run)
    assert train(tiny("improved", train__steps=8, **settings), run).step == 8
    rows = [row["step"] for row in RunDirectory(run).history() if "d_loss" in row]
    assert rows == [2, 4, 6, 8]
    assert all(np.isfinite(value).all() for value in state(run).values())


@pytest.mark.slow
def test_a_dry_run_reads_records(paintings, tiny_arguments, tmp_path):
    converted(paintings, tmp_path / "records", "--size", 16)
    arguments = tiny_arguments("critic", data__spec=f"tfrecords:{tmp_path / 'records'}")
    plan = done("jax", "-m", "artgan_tf.fit", *arguments, "--dry-run")
    assert re.search(r"^# time  .* steps a second", plan, re.MULTILINE)


# ---- refusals ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"train__strategy": "multiworker"}, "train.strategy=multiworker is TensorFlow's"),
        ({"log__metrics": ["kid_1k_val"]}, "log.metrics are computed by TensorFlow"),
    ],
)
def test_what_only_tensorflow_does_is_refused(changes, sentence, tiny):
    from artgan_tf.training.jax_engine import JaxEngine

    with pytest.raises(InputError, match=rf"^{sentence}[^\n]*\.$"):
        JaxEngine(tiny("improved", **changes))


@pytest.mark.parametrize("kind", ["tfrecords", "tfds"])
def test_records_need_tensorflow(kind, monkeypatch, tiny):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    for module in ("decoding", "tfds", "tfrecords"):
        monkeypatch.delitem(sys.modules, f"artgan_tf.data.{module}", raising=False)
    with pytest.raises(InputError, match=rf"^--data {kind}: needs TensorFlow [^\n]*\.$"):
        spec.open_source(tiny("improved", data__spec=f"{kind}:somewhere").data)


def test_other_verbs_are_tensorflows(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert cli.start_backend() == "jax"
    with pytest.raises(InputError, match=r"^Keras's backend jax is only for training: [^\n]*\.$"):
        cli.start_tensorflow()
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(InputError, match="torch is not supported"):
        cli.start_backend()


def test_a_backend_that_keras_does_not_know_is_refused():
    process = python("theano", "-m", "artgan_tf.fit", "demo", "--dry-run")
    assert process.returncode == 2
    assert process.stderr.startswith("error: Set KERAS_BACKEND to tensorflow or jax (")
    assert process.stderr.count("\n") == 1


@pytest.mark.slow
def test_without_tensorflow_and_without_a_choice_of_jax_one_sentence_tells(tmp_path):
    process = python("tensorflow", "-c", JAX_ALONE, "demo", "--run-dir", tmp_path / "run")
    assert process.returncode == 2
    assert process.stderr.startswith("error: ")
    assert "requirements-jax.txt and set KERAS_BACKEND=jax." in process.stderr
    assert not (tmp_path / "run").exists()


def test_out_of_memory_is_told_from_other_errors(monkeypatch, tiny):
    from artgan_tf.training.jax_engine import JaxEngine

    def fail(batch: str) -> None:
        raise jax.errors.JaxRuntimeError(batch)

    engine = JaxEngine(tiny("improved"))
    engine._last = None
    monkeypatch.setattr(engine, "_train", fail, raising=False)
    with pytest.raises(MemoryError):
        engine.train("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 7 bytes.")
    with pytest.raises(jax.errors.JaxRuntimeError):
        engine.train("INTERNAL: a bug.")
