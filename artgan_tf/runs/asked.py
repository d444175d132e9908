"""What a verb was asked about a trained run, as far as it is known without TensorFlow."""

import warnings
from pathlib import Path

from artgan_tf.data.real import painted_alike, real_data
from artgan_tf.data.spec import open_early
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.pretrained import locate
from artgan_tf.runs.steps import Which


def check_run(run: Path, which: Which, data: str | None = None, own_data: bool = False) -> None:
    """Raises InputError where there is no such run or checkpoint, or data of other classes.

    Args:
        run: its directory, or `pretrained:NAME`.
        which: checkpoint.
        data: SPEC of real images of its classes.
        own_data: whether its own are needed where no others are named.
    """
    config, names = RunDirectory(locate(run)).trained(which)
    if not (data or own_data):
        return
    with warnings.catch_warnings(action="ignore"):  # what is left out is told when it is used
        source = open_early(real_data(config.data, data))
    if source:
        painted_alike(source, tuple(names))
