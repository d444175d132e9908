"""Settings that replace others: those of a preset, or of one that it extends."""

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from tfrecords_tools.common.errors import InputError


def parse_overrides(assignments: Iterable[str]) -> dict[str, Any]:
    """`section.key=value` strings as a dictionary; a value that is not valid TOML is a string."""
    overrides = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals:
            raise InputError(f"--set takes section.key=value, not {assignment!r}.")
        try:
            overrides[key.strip()] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            overrides[key.strip()] = text
    return overrides


def merge(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Put settings in place of those of `base`, both as read from TOML, and return `base`.

    Epochs without steps replace the steps, too. Raises InputError if a section of `base` is none.
    """
    for section, values in over.items():
        if not isinstance(values, dict):
            base[section] = values
            continue
        before = base.setdefault(section, {})
        if not isinstance(before, dict):
            raise InputError(f"{section} = {before!r} should be a table of settings.")
        counts_epochs = section == "train" and values.get("epochs")
        before |= ({"steps": 0} if counts_epochs else {}) | values
    return base
