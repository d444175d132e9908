"""The command line of all verbs: a user's mistake prints one sentence and exits with code 2."""

import contextlib
import inspect
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
from tyro.constructors import ConstructorRegistry, PrimitiveConstructorSpec, PrimitiveTypeInfo

from tfrecords_tools.common.errors import InputError, RunError
from tfrecords_tools.common.files import DISK, reason

HOME = re.compile(r"(^|(?<==))~(?=[/\\]|$)")  # shells leave it in --out=~/a and train=~/a.csv
CONFIG = (tyro.conf.FlagCreatePairsOff,)
NARROWEST = 40  # minimum width of the help, in characters
TYPES = {"STR": "TEXT", "INT": "NUMBER", "FLOAT": "NUMBER"}
IN_WORDS = ConstructorRegistry()
_within: list[PrimitiveTypeInfo] = []


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
            _call(verb, prog, sys.argv[1:] if args is None else args, options)
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


def _call(verb: Callable[..., Any], prog: str, args: list[str], options: type | None) -> None:
    words = [HOME.sub(lambda _: str(Path.home()), word) for word in args]
    more: dict[str, Any] = {}
    if "--" in words and hasattr(options, "beam_options"):
        where = words.index("--")
        words, more = words[:where], {"beam_options": tuple(words[where + 1 :])}
    try:  # without `options`, this calls the verb
        parsed = tyro.cli(options or verb, prog=prog, args=words, config=CONFIG, registry=IN_WORDS)
    except SystemExit as end:
        if not end.code and {"-h", "--help"} & set(words):
            print(_after_help(verb, prog, options or verb))
        raise
    if options:
        verb(replace(parsed, **more))


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

    The verb's module, such as artgan_tf.sample, belongs to the installed `script`, or to
    `artgan VERB`.
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


# ---- help ---------------------------------------------------------------------------------------
@IN_WORDS.primitive_rule
def _in_words(type_info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec | None:
    """Apply tyro's own rule, but describe the type in words."""
    if _within:  # called by tyro's own rule, for this type or a part of it
        return None
    _within.append(type_info)
    try:
        spec = ConstructorRegistry.get_primitive_spec(type_info)
    finally:
        _within.pop()
    if not isinstance(spec, PrimitiveConstructorSpec):
        return None
    # `{None}|STR` becomes TEXT, and `{None,latest,best}|INT` becomes latest|best|NUMBER.
    named = re.sub(r"\{([^}]*)\}", lambda found: found[1].replace(",", "|"), spec.metavar)
    named = re.sub(r"\bNone\|", "", named)
    named = re.sub(r"\b[A-Z]+\b", lambda found: TYPES.get(found[0], found[0]), named)
    return replace(spec, metavar=named)


def _after_help(verb: Callable[..., Any], prog: str, documented: Any) -> str:
    """Return the docstring's examples, as typed for `prog`, and what `verb.more_help` returns."""
    found = re.search(r"Examples:\n((?: +.+\n?)+)", inspect.getdoc(documented) or "")
    examples = [line.strip() for line in found[1].splitlines()] if found else []
    typed = [line.replace(f"artgan {verb.__name__}", prog) for line in examples]
    more = vars(verb).get("more_help", list)()
    return "\n".join([*(["Examples:"] if typed else []), *(f"  {line}" for line in typed), *more])
