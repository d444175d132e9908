"""The command line of all verbs: a user's mistake prints one sentence and exits with code 2."""

import contextlib
import io
import os
import re
import shlex
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import tyro

from tfrecords_tools.common.errors import InputError, RunError
from tfrecords_tools.common.files import DISK, reason
from tfrecords_tools.common.words import IN_WORDS, after_help

HOME = re.compile(r"(^|(?<==))~(?=[/\\]|$)")  # shells leave it in --out=~/a and train=~/a.csv
CONFIG = (tyro.conf.FlagCreatePairsOff,)
NARROWEST = 40  # minimum width of the help, in characters


def main(
    verb: Callable[..., Any],
    prog: str,
    args: list[str] | None = None,
    options: type | None = None,
) -> NoReturn:
    """Parse the command line into the verb's typed arguments, call the verb, and exit.

    The exit code is 0 on success, 2 for a user's mistake, and 1 for a failed or interrupted run.

    Args:
        verb: function to call; its signature defines the command line, unless `options` does.
        prog: program name shown in the help.
        args: words of the command line; defaults to those of this process.
        options: dataclass whose fields define the command line; the verb takes an instance of it.
            Words after `--` go into its field `beam_options`, if it has one.
    """
    warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
    if shutil.get_terminal_size().columns < NARROWEST:  # narrower, tyro never finishes
        os.environ["COLUMNS"] = str(NARROWEST)
    try:
        with output():
            words = [HOME.sub(_home, word) for word in (sys.argv[1:] if args is None else args)]
            own, after = _divided(words, options)
            parsed = _parsed(verb, prog, own, options)
            if options:
                verb(replace(parsed, beam_options=after) if after else parsed)
    except (InputError, RunError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, InputError) else 1)
    except (OSError, RuntimeError) as error:
        if not (sentence := _environment_fault(error)):
            raise
        print(f"error: {sentence}", file=sys.stderr)
        sys.exit(1 if getattr(error, "errno", 0) in DISK else 2)
    except KeyboardInterrupt:
        print("error: interrupted.", file=sys.stderr)
        sys.exit(1)
    sys.exit(0)


def _parsed(verb: Callable[..., Any], prog: str, own: list[str], options: type | None) -> Any:
    """Return the parsed options; without `options`, call the verb and return its result."""
    try:
        return tyro.cli(options or verb, prog=prog, args=own, config=CONFIG, registry=IN_WORDS)
    except SystemExit as end:
        if not end.code and {"-h", "--help"} & set(own):
            print(after_help(verb, prog, options or verb))
        raise


def _environment_fault(error: Exception) -> str:
    """Return a sentence for an error caused by the machine; empty if it is a bug of ours."""
    if isinstance(error, OSError):
        if error.filename:
            return f"{error.filename} cannot be used: {reason(error)}."
        return f"A file cannot be written: {reason(error)}." if error.errno in DISK else ""
    if "home directory" in str(error):  # pathlib's wording
        return "There is no home directory: set HOME, or set ARTGAN_CACHE and give paths without ~."
    return ""


def command(module: str, *words: object, script: str = "") -> str:
    """Return a shell command to suggest, in the form in which this program was started.

    Args:
        module: module of the verb, such as artgan_tf.sample.
        words: arguments of the verb.
        script: installed script that runs the module, if not `artgan VERB`.
    """
    started = Path(sys.argv[0])
    name, *verb = (script or f"artgan {module.rpartition('.')[2]}").split()
    if started.stem != "artgan":
        start = [next(iter(sys.orig_argv), "") or "python", "-m", module]
    elif (found := shutil.which("artgan")) and started.absolute() == Path(found).absolute():
        start = [name, *verb]
    else:
        start = [str(started.with_name(name)), *verb]
    return shlex.join([*start, *map(str, words)])


@contextlib.contextmanager
def output() -> Iterator[None]:
    """Escape what a console cannot print, and exit quietly if a reader such as `head` has left."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
        sys.exit(0)


def _home(_: re.Match[str]) -> str:
    return str(Path.home())


def _divided(args: list[str], options: type | None) -> tuple[list[str], tuple[str, ...]]:
    """Split the arguments at `--`, if the options have a field for those after it."""
    if "--" not in args or not hasattr(options, "beam_options"):
        return args, ()
    where = args.index("--")
    return args[:where], tuple(args[where + 1 :])
