"""Every setting with 12 odd values, by `fit --dry-run`: a plan, or a sentence and exit code 2."""

import os
import signal
import tempfile
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path

from artgan_tf import cli
from artgan_tf.config import flat, resolve
from artgan_tf.fit import fit
from experiments.faults.processes import TINY, Done, _said
from experiments.faults.suite import Case, Failed

VALUES = (
    *("-1", "0", "1e30", "2147483648", "170141183460469231731687303715884105728", "nan", "inf"),
    *("true", '""', "[]", '["x", 1]', "{a = 1}"),
)
SECONDS = 120


def cases(work: Path) -> Iterable[Case]:
    for key in flat(resolve("demo")):
        if key != "preset":
            for value in VALUES:
                yield Case(f"{key} = {value}", partial(_try, key, value))


def _try(key: str, value: str) -> str:
    """Run in a fork of this process, as importing TensorFlow takes seconds."""
    import tensorflow  # noqa: F401

    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if not child:
            _dry_run(key, value, Path(folder))
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        out, err = ((Path(folder) / name).read_text() for name in ("out", "err"))
    if code not in (0, 2):
        raise Failed(f"exit code {code}: {(err.strip().splitlines() or [''])[-1][:200]}")
    _said(Done(code, out, err), (code,), "")
    return err.strip().splitlines()[-1][:200] if code else ""


def _dry_run(key: str, value: str, folder: Path) -> None:
    signal.alarm(SECONDS)
    code: object = 70
    try:
        with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
            os.dup2(err.fileno(), 2)
            with redirect_stdout(out), redirect_stderr(err):
                cli.main(fit, "fit", ["demo", "--dry-run", "--set", *TINY, f"{key}={value}"])
    except SystemExit as end:
        code = end.code
    finally:
        os._exit(code if isinstance(code, int) else 1)
