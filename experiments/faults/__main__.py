"""Tests which faults the program survives: kills, damaged files, full disks, odd input.

    python -m experiments.faults [KIND ...] [--work DIR] [--anew]

A kind of fault is a file in `kinds/`; its name is the KIND, and the first line of its docstring is
the title in the table.  It has one function:

    def cases(work: Path) -> Iterable[Case]: ...

`work` is a separate folder that persists between calls.  A `Case` has a name, which is its key in
the results, and a function that does the harm and checks what is left. The function returns a note
or nothing, raises `Failed` if the program misbehaved (a traceback, a hang, another exit code, a
partial file left), and `Lost` if saved data is gone or wrong.  Nothing has to be registered: each
file is a kind.  `processes.py` starts, kills and reads commands, `places.py` makes small disks.

Survived cases are not tried again, so the same command resumes where it stopped; `--anew` forgets
them.  Results go to `results.json` after each case, and into the table of README.md.  Exit code 1:
a case was not survived.
"""

from pathlib import Path

import tyro

from artgan_tf.config import InputError, RunError
from experiments.faults.suite import Kind, Results, kinds
from experiments.faults.table import insert
from tfrecords_tools.common import cli

FOLDER = Path(__file__).parent


def main(
    kind: tyro.conf.Positional[tuple[str, ...]] = (),
    *,
    work: Path = Path("/tmp/artgan-faults"),
    anew: bool = False,
    out: Path = FOLDER,
) -> None:
    """Try all cases, and write the table.

    Args:
        kind: names of kinds; all by default.
        work: folder for temporary runs and data.
        anew: also try survived cases again.
        out: folder of results.json and README.md.
    """
    chosen, results = _chosen(kind), Results(out / "results.json")
    for each in chosen:
        if anew:
            results.forget(each.name)
        for line in results.collect(each, work / each.name):
            print(line, flush=True)
    insert(out / "README.md", results)
    if bad := [line for each in chosen for line in results.not_survived(each.name)]:
        raise RunError("Not survived:\n" + "\n".join(bad))


def _chosen(names: tuple[str, ...]) -> list[Kind]:
    found = {each.name: each for each in kinds()}
    if unknown := [name for name in names if name not in found]:
        raise InputError(f"There is no kind {unknown[0]!r}: use {', '.join(found)}.")
    return [found[name] for name in names or found]


if __name__ == "__main__":
    cli.main(main, "python -m experiments.faults")
