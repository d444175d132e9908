"""The table of README.md: fault, tries, survived, misbehaved, lost."""

from pathlib import Path
from typing import Any

from experiments.faults.suite import Results

MARK, END = "<!-- table -->\n", "<!-- end -->\n"


def insert(page: Path, results: Results) -> None:
    """Replace the text between the two marks of a page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(MARK)
    after = rest.partition(END)[2]
    page.write_text(before + MARK + table(results) + END + after, encoding="utf-8")


def table(results: Results) -> str:
    """A row for each kind; below the table, cases that were not survived and notes to be shown."""
    found = [kind for _, kind in sorted(results.kinds.items())]
    heads = "| fault | tries | survived | misbehaved | lost | minutes |\n"
    rows = heads + "| --- | --- | --- | --- | --- | --- |\n" + "".join(map(_row, found))
    told = [
        f"* {kind['title']}, {name}: {case['told']}\n"
        for kind in found
        for name, case in kind["cases"].items()
        if case["end"] != "survived" or case["shown"]
    ]
    return rows + "\n" * bool(told) + "".join(told)


def _row(kind: dict[str, Any]) -> str:
    ends = [case["end"] for case in kind["cases"].values()]
    minutes = sum(case["seconds"] for case in kind["cases"].values()) / 60
    cells = [kind["title"], len(ends), *(ends.count(e) for e in ("survived", "failed", "lost"))]
    return "| " + " | ".join(map(str, [*cells, f"{minutes:.1f}"])) + " |\n"
