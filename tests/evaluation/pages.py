"""A parsed page: its tables, images and text."""

from collections.abc import Iterator
from html.parser import HTMLParser

VOID = {"img", "link", "meta", "br", "hr", "input"}


class Page(HTMLParser):
    """A page with well-nested tags, and their content.

    Attributes:
        text: all text outside styles.
        tags: names and attributes.
        tables: rows of cells; a cell that spans columns stands in each of them.
    """

    def __init__(self, text: str):
        super().__init__()
        self.text, self.open, self.span = "", list[str](), 1
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.tables: list[list[list[str]]] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append((tag, values))
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.span = int(values.get("colspan", 1))
            self.tables[-1][-1] += [""] * self.span
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data
        if {"td", "th"} & set(self.open):
            row = self.tables[-1][-1]
            row[-self.span :] = [row[-1] + data] * self.span

    def images(self) -> list[dict[str, str]]:
        return [values for tag, values in self.tags if tag == "img"]

    def cells(self, metric: str, value: str) -> Iterator[tuple[str, str]]:
        """The name and the cell of each row, in the column of a metric's value."""
        for first, second, *rows in self.tables:
            for column, (name, below) in enumerate(zip(first, second, strict=True)):
                if name.startswith(metric) and below.split()[:1] == [value]:
                    yield from ((row[0], row[column]) for row in rows)
