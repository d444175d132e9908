"""Reads class files: one class name per line, numbered or in the order of the labels."""

import re
from collections.abc import Sequence
from pathlib import Path

from tfrecords_tools.classes import check_names
from tfrecords_tools.common.errors import InputError
from tfrecords_tools.list_files import read_text

MARK = r"\s*[,;:|\t]\s*"  # between number and name; a space may be part of a name
FIRST = re.compile(rf'"?(?P<number>\d+)"?(?:{MARK}|\.\s+|\s+)(?P<name>.+)')  # `7 portrait`
LAST = re.compile(rf'(?P<name>.+?){MARK}"?(?P<number>\d+)"?')  # `portrait,7`
SPACED = re.compile(r"(?P<name>.+?)\s+(?P<number>\d+)")  # `portrait 7`, but also `SUV 2000`
ODD = re.compile(r"#.*|[{\[].*|.+[;|\t].+")  # not a name: a comment, JSON, a table

Line = tuple[int, str]  # line number, from 1, and text


def read_classes(file: Path) -> dict[str, int]:
    """Return the class index of each label, as lists write it: all names, then all numbers.

    Comments (#) and a header are skipped if all other lines are numbered.

    Raises:
        InputError: the file is ambiguous, or its numbers are not 0 to K - 1.
    """
    text = read_text(file).replace("\r\n", "\n").replace("\r", "\n")
    lines = [(n, line.strip()) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise InputError(f"{file} holds no class names: write one class per line.")
    names = _numbered(lines, file) or _in_order(lines, file)
    check_names(names, file)
    _check_numbers(names, file)
    classes = {name: index for index, name in enumerate(names)}
    return classes | {str(index): index for index in range(len(names))}


def _numbered(lines: Sequence[Line], file: Path) -> list[str]:
    """Return the names in order of their numbers, or none if the lines are not numbered."""
    lines = [line for line in lines if line[1][0] != "#"]
    for kind in (FIRST, LAST, SPACED):
        found = [kind.fullmatch(text) for _, text in lines]
        header = len(found) > 1 and not found[0]
        names = {int(match["number"]): match["name"] for match in found if match}
        in_order = [*names] == [*range(len(found))]
        if kind is SPACED and in_order and len(names) > len(set(names.values())) == 1:
            break  # `Class 0`, `Class 1`: names that end in a number
        if names and sorted(names) == list(range(len(found) - header)):
            return [_unquoted(names[index]) for index in range(len(names))]
        if names and kind is not SPACED:
            raise InputError(_complaint(lines[header:], found[header:], file))
    return []


def _complaint(lines: Sequence[Line], found: Sequence[re.Match[str] | None], file: Path) -> str:
    """Return what is wrong with the first line that breaks the numbering 0 to K - 1."""
    seen: set[int] = set()
    for (place, text), match in zip(lines, found, strict=True):
        if not match:
            return f"{file}, line {place}: {text!r} has no number, but other lines do: number all."
        if (number := int(match["number"])) in seen or number >= len(lines):
            break
        seen.add(number)
    return (
        f"{file}, line {place}: {text!r} is out of order: a file of numbered classes must number "
        f"them 0 to {len(lines) - 1}, each once."
    )


def _in_order(lines: Sequence[Line], file: Path) -> list[str]:
    for number, text in lines:
        if ODD.fullmatch(text):
            raise InputError(
                f"{file}, line {number}: {text!r} is not a class name: write one class per line, "
                f"numbered from 0 or in order."
            )
    return [_unquoted(text) for _, text in lines]


def _check_numbers(names: Sequence[str], file: Path) -> None:
    """Refuse a name that is another class's number: that label would mean two classes."""
    for index, name in enumerate(names):
        if name.isdecimal() and int(name) != index and int(name) < len(names):
            raise InputError(
                f"{file}: class {index} is called {name!r}, which is the number of another class: "
                f"number the lines, as in '{index} name'."
            )


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('""', '"')
    return text
