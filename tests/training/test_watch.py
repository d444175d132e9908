"""Metrics during training: where they are written, and that they change nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import artgan_tf
from artgan_tf.config import Config, InputError, resolve
from artgan_tf.data.spec import open_source
from artgan_tf.metrics.extractors import open_extractor
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.training.loop import Loop
from artgan_tf.training.train import train
from artgan_tf.training.watch import Watch
from tests.conftest import PRESETS, tiny_overrides
from tests.training.states import assert_same_state, state
from tfrecords_tools.common.files import NotWritten

WATCHED = {
    "log__metrics": ["kid_20_val", "precision_recall_20_k3", "pixel_diversity_20"],
    "log__metrics_every": 2,
    "log__extractor": "pixels",
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ARTGAN_CACHE", str(tmp_path / "cache"))


def measured(run: Path) -> dict[int, dict[str, float]]:
    """The history's rows with metrics, by step."""
    return {row["step"]: row for row in RunDirectory(run).history() if "metric_kid_20_val" in row}


def scalars(run: Path) -> set[str]:
    files = sorted((run / "tensorboard").glob("events*"))
    events = (event for file in files for event in tf.compat.v1.train.summary_iterator(str(file)))
    return {value.tag for event in events for value in event.summary.value}


@pytest.fixture(scope="module")
def watched(paintings, tmp_path_factory) -> Path:
    """A run of six steps that is measured at every second step."""
    run = tmp_path_factory.mktemp("watched") / "run"
    settings = {name.replace("__", "."): value for name, value in WATCHED.items()}
    train(resolve(PRESETS["improved"], tiny_overrides("improved", paintings) | settings), run)
    return run


@pytest.mark.slow
def test_metrics_are_in_the_history_and_in_tensorboard(watched):
    rows = measured(watched)
    assert list(rows) == [2, 4, 6]
    for row in rows.values():
        assert 0 <= row["metric_precision_recall_20_k3"] <= 1
        assert 0 <= row["metric_precision_recall_20_k3.recall"] <= 1
        assert row["metric_pixel_diversity_20"] > 0
    assert {"metric/kid_20_val", "metric/pixel_diversity_20"} <= scalars(watched)


@pytest.mark.slow
def test_training_is_the_same_with_and_without(watched, trained, tmp_path):
    assert_same_state(state(trained("improved", tmp_path / "plain")), state(watched))


@pytest.mark.slow
def test_the_best_checkpoint_is_that_of_the_least_kid(watched):
    rows = measured(watched)
    step = min(rows, key=lambda step: rows[step]["metric_kid_20_val"])
    folder = watched / "checkpoints"
    best = json.loads((folder / "best.json").read_text())
    assert best == {
        "metric": "kid_20_val",
        "extractor": open_extractor("pixels").record(),
        "step": step,
        "value": rows[step]["metric_kid_20_val"],
    }
    assert [file.name for file in folder.glob("best-*.npz")] == [f"best-{step}.npz"]
    sampler = artgan_tf.load(watched, which="best")
    assert sampler.gan.steps_done == step


@pytest.mark.slow
def test_the_best_checkpoint_paints_what_was_measured(watched):
    best = artgan_tf.load(watched, which="best")
    then = artgan_tf.load(watched, which=best.gan.steps_done)
    one, other = (sampler.generate([0, 1, 2], [7, 8, 9]) for sampler in (best, then))
    np.testing.assert_array_equal(one, other)


def test_under_a_former_name_the_best_checkpoint_stays_known(tiny):
    config = tiny("improved", log__metrics=["deviation_20"])
    watch = Watch(config, open_source(config.data))
    assert [each.name for each in watch.metrics] == ["pixel_diversity_20"]
    assert watch.best_by == "deviation_20"  # as in best.json of such a run


def watched_by(config: Config, paint: Callable[[int], np.ndarray]) -> tuple[Watch, Any]:
    """A watch, and a sampler at step 7 whose images `paint` gives by their number."""
    gan = SimpleNamespace(config=config, steps_done=7)
    return Watch(config, open_source(config.data)), SimpleNamespace(
        gan=gan,
        generator=SimpleNamespace(weights=[]),
        refresh=lambda: None,
        generate=lambda labels, seeds: paint(len(labels)),
    )


def test_a_collapsed_generator_is_told_and_the_training_goes_on(tiny, capsys):
    config = tiny("improved", log__metrics=["pixel_diversity_20"])
    watch, sampler = watched_by(config, lambda count: np.full((count, 16, 16, 3), 9, np.uint8))
    assert watch.measure(sampler) == []
    assert "Step 7: nothing is measured. All 20 generated" in capsys.readouterr().out


def test_a_disk_too_full_for_the_best_checkpoint_costs_no_figures(tiny):
    def save_best(*_: object) -> None:
        raise NotWritten("full")

    config = tiny("improved", log__metrics=["pixel_diversity_20", "shape_diversity_20"])
    random, rows = np.random.default_rng(0), list[dict[str, float]]()
    watch, sampler = watched_by(
        config, lambda count: random.integers(0, 256, (count, 16, 16, 3), np.uint8)
    )
    logger = SimpleNamespace(sampler=sampler, scalars=rows.append)
    checkpoints = SimpleNamespace(save_best=save_best)
    loop: Any = SimpleNamespace(watch=watch, logger=logger, checkpoints=checkpoints)
    with pytest.raises(NotWritten):
        Loop._measure(loop, 7)
    (row,) = rows
    assert row.keys() == {"step", "metric_pixel_diversity_20", "metric_shape_diversity_20"}


@pytest.mark.slow
def test_a_run_without_metrics_has_no_best_checkpoint(trained, tmp_path):
    run = trained("artgan", tmp_path / "run")
    with pytest.raises(InputError, match=r"holds no best checkpoint.*log\.metrics"):
        artgan_tf.load(run, which="best")


def test_a_mistake_is_told_before_anything_is_written(tiny, tmp_path):
    with pytest.raises(InputError, match="fid_20_val needs an extractor"):
        train(tiny("improved", log__metrics=["fid_20_val"]), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_reconstruction_is_refused_of_a_model_without_an_autoencoder(tiny, tmp_path):
    config = tiny("improved", model__autoencoder=False, log__metrics=["reconstruction_val"])
    with pytest.raises(InputError, match="reconstruction_val needs an autoencoder"):
        train(config, tmp_path / "run")
