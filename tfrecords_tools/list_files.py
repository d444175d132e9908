"""Reads lists of `path,label` rows, in any dialect that spreadsheets and scripts write."""

import codecs
import csv
import io
import json
import warnings
from collections.abc import Callable, Sequence, Set
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tfrecords_tools.common.errors import InputError
from tfrecords_tools.images import SUFFIXES
from tfrecords_tools.names import elsewhere

DELIMITERS = (",", ";", "\t", "|", " ")
LABELS = {"label", "labels", "class", "class_name", "category", "target"}  # names in a header
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
EXCEL = "sep="  # its first line may name the delimiter

Line = tuple[int, list[str]]  # line number and fields


class Listed(NamedTuple):
    """An image as a line of a list names it, with its label as written there."""

    split: str
    path: str
    label: str
    place: str  # for messages: file and line


class Layout(NamedTuple):
    """Which fields of a line are its path and its label."""

    path: slice  # several fields, if the path contains the delimiter
    label: int | None  # None: unknown
    delimiter: str

    def path_of(self, fields: list[str]) -> str:
        """The path in a line's fields, with `/` between its parts."""
        # The official artist lists have two commas per row.
        joined = self.delimiter.join(fields[self.path]).strip(" ,")
        return joined.replace("\\", "/").removeprefix("./")


Choice = tuple[list[Line], Layout]  # the lines of a list, divided in one way


def read_rows(split: str, file: Path, images: Set[str], root: str) -> list[Listed]:
    """Read the rows of a split's list, including its header if it has one.

    The delimiter and the column of the path are those that find the most of the existing `images`,
    whose paths are relative to a folder called `root`; `path,label` if nothing finds more.

    Raises:
        InputError: the file cannot be read, or is not a list of paths and labels.
    """
    text = read_text(file)
    if _is_json(text):
        raise InputError(f"{file} is JSON: give path,label rows.")
    lines, layout = choice = _best(text, file, images, root)
    if not lines:
        raise InputError(f"{file} holds no rows of path,label.")
    if layout.label is None:
        raise InputError(
            f"{file}, line {lines[0][0]}: it has {len(lines[0][1])} columns and does not say which "
            f"is the label: keep only path,label, or name that column label."
        )
    rows: list[Listed] = []
    for number, fields in lines:
        place, path = f"{file}, line {number}", layout.path_of(fields)
        if len(fields) == 1 and (rows or fields[0] in images):
            raise InputError(f"{place}: {fields[0]!r} is not a path,label row.")
        rows.append(Listed(split, path, fields[layout.label], place))
    return rows if _exact(choice, images) else _moved(rows, file, images, root)


def _is_json(text: str) -> bool:
    """Whether a text, or its first line, is a JSON object or list."""
    for part in (text, text.strip().partition("\n")[0]):
        with suppress(ValueError, RecursionError):
            return isinstance(json.loads(part), dict | list)
    return False


def _moved(rows: list[Listed], file: Path, images: Set[str], root: str) -> list[Listed]:
    """Replace the paths of a list that was made elsewhere by those that its images have here."""
    if found := elsewhere((row.path for row in rows), images, root):
        path, here = next(iter(found.items()))
        warnings.warn(
            f"{file} names no existing file exactly: {len(found)} of {len(rows)} lines are matched "
            f"to files in other folders or with other suffixes, such as {path} to {here}.",
            stacklevel=4,
        )
    return [row._replace(path=found.get(row.path, row.path)) for row in rows]


def without_headers(
    rows: Sequence[Listed], images: Set[str], is_label: Callable[[str], bool]
) -> list[Listed]:
    """Remove the first row of a list, and its repetitions, if it is a header.

    `is_label` returns whether a word is the label of one of the existing `images`, or of a class
    file.
    """
    path, label = rows[0].path, rows[0].label
    picture = path in images or PurePosixPath(path).suffix.lower() in SUFFIXES
    if picture or is_label(label):
        return list(rows)
    return [row for row in rows if (row.path, row.label) != (path, label)]


def read_text(file: Path) -> str:
    """Read UTF-8, UTF-16 with a byte order mark, or else Windows-1252; raises InputError."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from None
    try:
        if data.startswith(UTF16):
            return data.decode("utf-16")
        if b"\0" in data:
            raise InputError(f"{file} contains zero bytes: save it as CSV in UTF-8.")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _western(data, len(error.object[: error.start + 1].splitlines()), file)


def _western(data: bytes, odd: int, file: Path) -> str:
    """Decode Windows-1252, the likeliest encoding if line `odd` is not UTF-8, and warn."""
    try:
        text = data.decode("cp1252")
    except UnicodeError:
        raise InputError(
            f"{file}, line {odd} is neither UTF-8 nor Windows-1252: save it as UTF-8."
        ) from None
    shown = data.splitlines()[odd - 1].decode("cp1252")
    warnings.warn(
        f"{file} is not UTF-8 and was read as Windows-1252 (line {odd}: {shown}): save it as UTF-8 "
        f"if that is wrong.",
        stacklevel=2,
    )
    return text


# ---- columns ---------------------------------------------------------------------------------
def _best(text: str, file: Path, images: Set[str], root: str) -> Choice:
    """Return the lines and the layout that find the most images; the first of several."""
    choices = _choices(text.replace("\r\n", "\n").replace("\r", "\n"), file)
    best = max(choices, key=lambda choice: _exact(choice, images))
    if _exact(best, images):
        return best

    def loose(choice: Choice) -> tuple[int, int]:
        lines, layout = choice
        words = {layout.path_of(fields) for _, fields in lines}
        found = elsewhere(words, images, root)
        # A label such as 3 also fits a file 3.png; but many rows share a label, and few a path.
        rows = len({tuple(fields) for _, fields in lines})
        fits = len(found) if 2 * len(words) > rows else 0
        return fits, sum(len(fields) > 1 for _, fields in lines)

    return max(choices, key=loose)


def _exact(choice: Choice, images: Set[str]) -> int:
    """Count the lines that name an image."""
    lines, layout = choice
    return sum(layout.path_of(fields) in images for _, fields in lines)


def _choices(text: str, file: Path) -> list[Choice]:
    """Return the lines divided by each delimiter, with each possible layout of their columns."""
    first = text.partition("\n")[0]
    said = first.removeprefix(EXCEL) if first.startswith(EXCEL) else ""
    choices: list[Choice] = []
    errors: list[str] = []
    for delimiter in [said] if said in DELIMITERS else DELIMITERS:
        try:
            table = _table(text, delimiter)[bool(said) :]
        except csv.Error as error:
            errors.append(str(error))
        else:
            choices += [(table, layout) for layout in _layouts(table, delimiter)]
    if errors and not any(len(fields) > 1 for table, _ in choices for _, fields in table):
        raise InputError(f"{file}, {errors[0]}.")
    return choices


def _table(text: str, delimiter: str) -> list[Line]:
    """Return the lines that are not empty, without last columns that are empty in all of them."""
    # Not str.splitlines, which also splits at characters that occur in mojibake.
    lines = io.StringIO(text, newline="\n")
    reader, table = csv.reader(lines, delimiter=delimiter, strict=True), []
    try:
        for fields in reader:
            if any(map(str.strip, fields)):
                table.append((reader.line_num, [field.strip() for field in fields]))
    except csv.Error as error:
        raise csv.Error(f"line {reader.line_num}: {error}") from None
    while table and not any(fields[-1] for _, fields in table):
        table = [(number, fields[:-1]) for number, fields in table]
    return table


def _layouts(table: list[Line], delimiter: str) -> list[Layout]:
    """Return path and label, label and path, and for wider tables each column as the path."""
    layouts = [Layout(slice(-1), -1, delimiter), Layout(slice(1, None), 0, delimiter)]
    widths = {len(fields) for _, fields in table}
    if len(widths) == 1 and (width := widths.pop()) > 2:
        named = [i for i, name in enumerate(table[0][1]) if name.lower() in LABELS]
        label = named[0] if len(named) == 1 else None
        layouts += [Layout(slice(i, i + 1), label, delimiter) for i in range(width)]
    return layouts
