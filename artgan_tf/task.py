"""Turns a command line of `fit` into a task: settings, directory and data, checked early."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artgan_tf import cli, sizing
from artgan_tf.config import Config, InputError, flat, resolve
from artgan_tf.data.source import Source
from artgan_tf.data.spec import open_early, open_source
from artgan_tf.evaluation.registry import check_asked
from artgan_tf.frozen.efficientnet_file import weights_file
from artgan_tf.hardware import gpus
from artgan_tf.possible import check_settings
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.pretrained import locate
from artgan_tf.training.schedule import schedule
from tfrecords_tools.common.errors import NotThere


@dataclass(frozen=True)
class Task:
    """A training to be done.

    `source` is None if the data cannot be opened without TensorFlow; `why` tells, as part of a
    sentence, why these settings were chosen, and is empty if a preset was named.
    """

    config: Config
    run_dir: Path
    source: Source | None
    why: str = ""


def plan(
    preset: str | None,
    settings: dict[str, Any],
    run_dir: Path | None = None,
    fresh: bool = False,
    missing: bool = False,
) -> Task:
    """The task of a command line (see `checked`); raises InputError, mostly before TensorFlow."""
    if preset or settings.get("data.spec", "demo") == "demo":
        config = resolve(preset or "demo", settings)
        place = run_dir or sizing.default_run_dir(config)
        return Task(config, place, checked(config, place, fresh, missing=missing))
    config = resolve(sizing.CPU, settings)
    place = run_dir or sizing.default_run_dir(config)
    source = open_early(config.data)
    size = None if fresh else sizing.existing(place)
    if size is None and not source and _in_cluster(config):
        size = sizing.whole(_on_gpu(), _initial(config))
    if size is None:
        source = source or _opened(config)
        size = sizing.fitting(
            source.train.count,
            _on_gpu(),
            source.side,
            _initial(config),
            {key: flat(config)[key] for key in settings},  # as validated
        )
    sized = resolve(size.preset, size.settings | settings)
    if sized.data != config.data:
        source = None  # it yields images of another size
    return Task(sized, place, checked(sized, place, fresh, source), size.why)


def checked(
    config: Config,
    run_dir: Path,
    fresh: bool = False,
    source: Source | None = None,
    missing: bool = False,
) -> Source | None:
    """Check everything that can be checked without TensorFlow; raises InputError for a mistake.

    With `fresh` an existing run will be moved aside, with `missing` the data may be missing.
    Returns the data, or None if they are missing or cannot be opened without TensorFlow.
    """
    check_settings(config)
    if config.discriminator.features == "efficientnet":
        weights_file()  # only training needs it
    check_asked(config.log.metrics, config.log.extractor)
    if config.train.init_checkpoint != "latest" and not config.train.init:
        raise InputError(
            "--checkpoint is one of the run given by --init: add --init RUN, or leave it out, as a "
            "run resumes from its newest checkpoint."
        )
    run = RunDirectory(run_dir)
    if not fresh:
        run.check_place(config)
    starts = fresh or not run.has_checkpoints
    if starts and (init := _initial(config)):  # a run that has begun has its weights
        _check_same_networks(config, init)
    try:
        source = source or open_early(config.data)
    except NotThere:
        if not missing:
            raise
    if source:
        schedule(config, source.train.count)
    return source


def _initial(config: Config) -> Config | None:
    """The configuration of the model to start from, if any, after a check of its checkpoint."""
    if not config.train.init:
        return None
    run = RunDirectory(locate(config.train.init))
    return run.trained(config.train.init_checkpoint)[0]


def _check_same_networks(config: Config, init: Config) -> None:
    ours, theirs = flat(config), flat(init)
    demo = config.data.spec == "demo" and init.data.spec != "demo"
    data = "add --data FOLDER and " if demo else ""
    for key in sizing.NETWORKS:
        if ours[key] != theirs[key]:
            raise InputError(
                f"{config.train.init} has {key} = {theirs[key]!r}, and this run {ours[key]!r}: "
                f"{data}leave out the preset to train its networks, or name one that has the same."
            )


def _in_cluster(config: Config) -> bool:
    """Whether TensorFlow must know the other machines before it opens any data."""
    return config.train.strategy == "multiworker" or "TF_CONFIG" in os.environ


def _on_gpu() -> bool:
    """Whether the backend computes on a GPU; it is started only if the machine has one."""
    if not gpus():
        return False
    cli.start_backend()
    from artgan_tf import backend

    return bool(backend.accelerators())


def _opened(config: Config) -> Source:
    cli.start_backend()
    return open_source(config.data)
