"""What every verb shares: one sentence for a user's mistake, exit code 2; 1 for a failed run."""

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

HOME = re.compile(r"(^|(?<==))~(?=[/\\]|$)")  # a shell leaves it in --out=~/a and train=~/a.csv
CONFIG = (tyro.conf.FlagCreatePairsOff,)
NARROWEST = 40  # characters in a line of help


def main(
    verb: Callable[..., Any],
    prog: str,
    args: list[str] | None = None,
    options: type | None = None,
) -> NoReturn:
    """Parse the command line into the verb's typed arguments, call it, exit.

    Args:
        verb: a function; its signature is the command line, unless there are `options`.
        prog: what the help calls the program.
        args: the command line, if not the process's own.
        options: a dataclass whose fields are the command line; the verb takes one of it. What
            follows after `--` goes into its field `beam_options`, if it has one.
    """
    warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
    if shutil.get_terminal_size().columns < NARROWEST:  # tyro's help would never end
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
        if not (sentence := _about_the_machine(error)):
            raise
        print(f"error: {sentence}", file=sys.stderr)
        sys.exit(1 if getattr(error, "errno", 0) in DISK else 2)
    except KeyboardInterrupt:
        print("error: interrupted.", file=sys.stderr)
        sys.exit(1)
    sys.exit(0)


def _parsed(verb: Callable[..., Any], prog: str, own: list[str], options: type | None) -> Any:
    """The options, or without any what the verb, which is called, returns; or help, and an end."""
    try:
        return tyro.cli(options or verb, prog=prog, args=own, config=CONFIG, registry=IN_WORDS)
    except SystemExit as end:
        if not end.code and {"-h", "--help"} & set(own):
            print(after_help(verb, prog, options or verb))
        raise


def _about_the_machine(error: Exception) -> str:
    """What is wrong with a place that no verb has looked at before; empty for what is our fault."""
    if isinstance(error, OSError):
        if error.filename:
            return f"{error.filename} cannot be used: {reason(error)}."
        return f"A file cannot be written: {reason(error)}." if error.errno in DISK else ""
    if "home directory" in str(error):  # as pathlib says it
        return "There is no home directory: set HOME, or ARTGAN_CACHE and paths without ~."
    return ""


def command(module: str, *words: object, script: str = "") -> str:
    """A command to type next, in the way in which this program was started.

    Args:
        module: of the verb, such as artgan_tf.sample.
        words: that follow it.
        script: what the module is called as a script beside ours, if not `artgan VERB`.
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
    """Print to consoles of few characters, and to readers who have seen enough, as `head` has."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the end
        sys.exit(0)


def _home(_: re.Match[str]) -> str:
    return str(Path.home())


def _divided(args: list[str], options: type | None) -> tuple[list[str], tuple[str, ...]]:
    """What is before and after `--`, where the options know what to do with the latter."""
    if "--" not in args or not hasattr(options, "beam_options"):
        return args, ()
    where = args.index("--")
    return args[:where], tuple(args[where + 1 :])
