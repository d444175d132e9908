"""What a command line of `fit` means: settings, place, data, checked before TensorFlow starts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artgan_tf import cli, own
from artgan_tf.config import Config, resolve
from artgan_tf.data.source import Source
from artgan_tf.data.spec import open_early, open_source
from artgan_tf.evaluation.protocols import metric
from artgan_tf.hardware import gpus
from artgan_tf.metrics.extractor_specs import check_extractor
from artgan_tf.possible import check_settings
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.pretrained import locate
from artgan_tf.training.schedule import schedule


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


def plan(preset: str | None, settings: dict[str, Any], run_dir: Path | None, fresh: bool) -> Task:
    """The task that the command line means; raises InputError before TensorFlow is started."""
    if preset or settings.get("data.spec", "demo") == "demo":
        config = resolve(preset or "demo", settings)
        place = run_dir or own.default_run_dir(config)
        check_settings(config)
        return Task(config, place, _checked(config, place, fresh))
    config = resolve(own.CPU, settings)
    place = run_dir or own.default_run_dir(config)
    check_settings(config)
    source = open_early(config.data)
    size = None if fresh else own.kept(place)
    if size is None:
        source = source or _opened(config)
        size = own.fitting(source.train.count, source.val.count, _on_gpu())
    config = resolve(size.preset, size.settings | settings)
    return Task(config, place, _checked(config, place, fresh, source), size.why)


def _checked(
    config: Config, run_dir: Path, fresh: bool, source: Source | None = None
) -> Source | None:
    """The data, if they can be opened by now; InputError for all that can be wrong by now."""
    if config.train.init:
        RunDirectory(locate(config.train.init)).trained(config.train.init_checkpoint)
    for name in config.log.metrics:
        metric(name)
    if config.log.extractor:
        check_extractor(config.log.extractor)
    if not fresh:
        RunDirectory(run_dir).check_place(config)
    source = source or open_early(config.data)
    if source:
        schedule(config, source.train.count)
    return source


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
