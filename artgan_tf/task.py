"""What a command line of `fit` means: settings, place, data, checked before TensorFlow starts."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artgan_tf import cli, own
from artgan_tf.config import Config, resolve
from artgan_tf.data.source import Source
from artgan_tf.data.spec import open_early, open_source
from artgan_tf.evaluation.registry import check_asked
from artgan_tf.hardware import gpus
from artgan_tf.possible import check_settings
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.pretrained import locate
from artgan_tf.training.schedule import schedule
from tfrecords_tools.common.errors import NotThere


@dataclass(frozen=True)
class Task:
    """What is to be trained.

    Attributes:
        config: the settings.
        run_dir: where.
        source: the data, where they can be opened without TensorFlow.
        why: the settings are these, of one's own data without a preset.
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
    """The task that the command line means; raises InputError before TensorFlow is started.

    Args:
        preset: if one was named.
        settings: by dotted key.
        run_dir: if one was named.
        fresh, missing: as in `checked`.
    """
    if preset or settings.get("data.spec", "demo") == "demo":
        config = resolve(preset or "demo", settings)
        place = run_dir or own.default_run_dir(config)
        return Task(config, place, checked(config, place, fresh, missing=missing))
    config = resolve(own.CPU, settings)
    place = run_dir or own.default_run_dir(config)
    source = open_early(config.data)
    size = None if fresh else own.kept(place)
    if size is None and not source and _in_cluster(config):
        size = own.whole(_on_gpu())
    if size is None:
        source = source or _opened(config)
        side = settings.get("data.image_size", source.side)
        size = own.fitting(source.train.count, source.val.count, _on_gpu(), side)
    sized = resolve(size.preset, size.settings | settings)
    if sized.data != config.data:
        source = None  # it gives pictures of another size
    return Task(sized, place, checked(sized, place, fresh, source), size.why)


def checked(
    config: Config,
    run_dir: Path,
    fresh: bool = False,
    source: Source | None = None,
    missing: bool = False,
) -> Source | None:
    """The data, if they can be opened without TensorFlow; InputError for all that can be wrong.

    Args:
        config: the settings.
        run_dir: where it is to be trained.
        fresh: whether a run that lies there is moved aside.
        source: the data, if they have been opened.
        missing: whether they may not be there yet.
    """
    check_settings(config)
    if config.train.init:
        RunDirectory(locate(config.train.init)).trained(config.train.init_checkpoint)
    check_asked(config.log.metrics, config.log.extractor)
    if not fresh:
        RunDirectory(run_dir).check_place(config)
    try:
        source = source or open_early(config.data)
    except NotThere:
        if not missing:
            raise
    if source:
        schedule(config, source.train.count)
    return source


def _in_cluster(config: Config) -> bool:
    """Whether TensorFlow may open nothing before it knows the other machines."""
    return config.train.strategy == "multiworker" or "TF_CONFIG" in os.environ


def _on_gpu() -> bool:
    """Whether the backend computes on one: asked only where the machine has any."""
    if not gpus():
        return False
    cli.start_backend()
    from artgan_tf import backend

    return bool(backend.accelerators())


def _opened(config: Config) -> Source:
    cli.start_backend()
    return open_source(config.data)
