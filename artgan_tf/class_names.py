"""Looks up classes by name, without importing anything heavy."""

from collections.abc import Sequence

import numpy as np

from tfrecords_tools.common.errors import InputError, meant


def class_index(names: Sequence[str], name: str | int | np.integer) -> int:
    """Index of a class, given by its name or index; raises InputError if `names` lacks it."""
    number = isinstance(name, (int, np.integer)) and not isinstance(name, bool)
    if name not in (range(len(names)) if number else names):
        choices = ", ".join(names)
        hint = meant(str(name), names)
        raise InputError(f"There is no class {name!r}{hint}: this model paints {choices}.")
    return int(name) if number else names.index(str(name))
