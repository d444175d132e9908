"""A parsed page: its tables, images and text."""

from collections.abc import Iterator
from html.parser import HTMLParser

VOID = {"img", "link", "meta", "br", "hr", "input"}


class Cell:
    """A table's cell, and the number of columns it spans."""

    def __init__(self, span: int):
        self.span, self.text = span, ""


class Row:
    """A table's row."""

    def __init__(self, of_class: str):
        self.of_class = of_class
        self.cells: list[Cell] = []

    def spread(self) -> list[str]:
        """The text of each column, repeated across spans."""
        return [cell.text for cell in self.cells for _ in range(cell.span)]


class Page(HTMLParser):
    """A page with well-nested tags, and their content.

    Args:
        text: the whole page.
    """

    def __init__(self, text: str):
        super().__init__()
        self.text, self.open = "", list[str]()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.tables: list[list[Row]] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append((tag, values))
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append(Row(values.get("class", "")))
        if tag in ("td", "th"):
            self.tables[-1][-1].cells.append(Cell(int(values.get("colspan", 1))))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1].cells[-1].text += data

    def images(self) -> list[dict[str, str]]:
        return [values for tag, values in self.tags if tag == "img"]

    def cells(self, metric: str, value: str) -> Iterator[tuple[str, str]]:
        """The name and the cell of each row, in the column of a metric's value."""
        for first, second, *rows in self.tables:
            heads = zip(first.spread(), second.spread(), strict=True)
            for column, (name, below) in enumerate(heads):
                if name.startswith(metric) and below.split()[:1] == [value]:
                    yield from ((row.spread()[0], row.spread()[column]) for row in rows)
