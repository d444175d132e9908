"""Settings that replace those of a preset, by dotted key."""

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


def in_epochs(overrides: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same, without the preset's steps if only epochs are given."""
    if overrides.get("train.epochs") and "train.steps" not in overrides:
        return {**overrides, "train.steps": 0}
    return overrides
