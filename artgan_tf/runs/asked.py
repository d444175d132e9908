"""Checks a verb's arguments about a trained run, before TensorFlow is imported."""

import warnings
from pathlib import Path

from artgan_tf.data.real import painted_alike, real_data
from artgan_tf.data.spec import open_early
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.pretrained import locate
from artgan_tf.runs.steps import Which


def check_run(run: Path, which: Which, data: str | None = None, own_data: bool = False) -> None:
    """Raises InputError if the run or checkpoint is missing, or the data has other classes.

    Args:
        run: the run's directory, or `pretrained:NAME`.
        which: the checkpoint: `latest`, `best`, or a step.
        data: SPEC of real images of the run's classes.
        own_data: whether to check the run's own data if `data` is not given.
    """
    config, names = RunDirectory(locate(run)).trained(which)
    if not (data or own_data):
        return
    with warnings.catch_warnings(action="ignore"):  # they are shown when the data is used
        source = open_early(real_data(config.data, data))
    if source:
        painted_alike(source, tuple(names))
