"""Checks a verb's arguments about a trained run, before TensorFlow is imported."""

import warnings
from pathlib import Path

from artgan_tf.config import InputError
from artgan_tf.data.real import real_data, with_class_names
from artgan_tf.data.spec import open_early
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.pretrained import is_pretrained, locate
from artgan_tf.runs.steps import Which


def check_run(run: Path, which: Which, data: str | None = None, own_data: bool = False) -> None:
    """Raises InputError if the run or checkpoint is missing, or the data has other classes.

    `data` is a SPEC of real images; without one, `own_data` has the run's own checked.
    """
    config, names = RunDirectory(locate(run)).trained(which)
    if not (data or own_data):
        return
    with warnings.catch_warnings(action="ignore"):  # they are shown when the data is used
        try:
            source = open_early(real_data(config.data, data))
        except InputError:
            place = Path(config.data.spec.partition(":")[2]).expanduser()
            if data or not is_pretrained(run) or place.exists():
                raise
            made = "make it as docs/wikiart.md tells, or " * config.data.spec.startswith(
                "tfrecords:"
            )
            raise InputError(
                f"{run} is compared with {config.data.spec}, which is not here: {made}give --data "
                f"with images of the same classes."
            ) from None
    if source:
        with_class_names(source, tuple(names))
