"""Runs a target under atheris: inputs that reach new code are kept and changed further.

    python -m experiments.faults.fuzz.TARGET [SECONDS]

A target takes bytes and raises where the program did not behave.  Inputs are kept below
/tmp/artgan-fuzz/TARGET, so that the same command goes on with them; one that fails is written there
as `crash-...`, and belongs into tests/experiments/test_fuzz.py once it is mended.
"""

import atexit
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path

from tfrecords_tools.common.errors import InputError

ROOT = Path("/tmp/artgan-fuzz")


@cache
def place(name: str) -> Path:
    """A folder for a target's files, of this process alone."""
    folder = Path(tempfile.mkdtemp(prefix=f"artgan-fuzz-{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def refused(error: InputError) -> None:
    """Raises AssertionError where a refusal is not one sentence."""
    told = str(error)
    assert told.endswith((".", "?")), repr(told)
    assert "\n" not in told, repr(told)


def run(name: str, target: Callable[[bytes], None], seeds: Iterable[bytes], longest: int) -> None:
    """Fuzz until the time of the command line is over, 600 seconds if it names none."""
    import atheris

    corpus = ROOT / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    seconds = sys.argv[1] if len(sys.argv) > 1 else "600"
    options = [f"-max_total_time={seconds}", f"-max_len={longest}", "-timeout=60"]
    options += [f"-artifact_prefix={ROOT / name}/", "-rss_limit_mb=8192", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], str(corpus), *options], target)
    atheris.Fuzz()


def instrumented(*packages: str) -> AbstractContextManager[object]:
    """Import a package's modules within, and atheris sees which of their code runs.

    Without atheris they are only imported, for inputs that are tried once, in a test.
    """
    try:
        import atheris
    except ModuleNotFoundError:
        return nullcontext()
    return atheris.instrument_imports(include=list(packages))
