"""Runs a target under atheris: inputs that reach new code are kept and mutated further.

    python -m experiments.faults.fuzz.TARGET [SECONDS]

A target takes bytes and raises if the program misbehaves.  Inputs are kept below
/tmp/artgan-fuzz/TARGET, so that the same command continues with them. A failing input is written
there as `crash-...`; add it to tests/experiments/test_fuzz.py once the fault is fixed.
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
    """A folder for a target's files, private to this process."""
    folder = Path(tempfile.mkdtemp(prefix=f"artgan-fuzz-{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def refused(error: InputError) -> None:
    """Raise AssertionError if a refusal is not one sentence."""
    told = str(error)
    assert told.endswith((".", "?")), repr(told)
    assert "\n" not in told, repr(told)


def run(name: str, target: Callable[[bytes], None], seeds: Iterable[bytes], longest: int) -> None:
    """Fuzz for the seconds given on the command line, 600 by default."""
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
    """Modules of these packages imported in this context are instrumented by atheris.

    Without atheris they are only imported, for tests that try single inputs.
    """
    try:
        import atheris
    except ModuleNotFoundError:
        return nullcontext()
    return atheris.instrument_imports(include=list(packages))
