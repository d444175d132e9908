"""Readable help: plain words for types, and the examples from a verb's docstring."""

import inspect
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tyro.constructors import ConstructorRegistry, PrimitiveConstructorSpec, PrimitiveTypeInfo

TYPES = {"STR": "TEXT", "INT": "NUMBER", "FLOAT": "NUMBER"}
IN_WORDS = ConstructorRegistry()
_within: list[PrimitiveTypeInfo] = []


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
    return replace(spec, metavar=words(spec.metavar))


def words(metavar: str) -> str:
    """Turn `{None}|STR` into `TEXT`, and `{None,latest,best}|INT` into `latest|best|NUMBER`."""
    metavar = re.sub(r"\{([^}]*)\}", lambda found: found[1].replace(",", "|"), metavar)
    metavar = re.sub(r"\bNone\|", "", metavar)
    return re.sub(r"\b[A-Z]+\b", lambda found: TYPES.get(found[0], found[0]), metavar)


def after_help(verb: Callable[..., Any], prog: str, documented: Any) -> str:
    """Return the examples of a docstring, as typed for `prog`, and the verb's further help.

    Args:
        verb: a function; its attribute `more_help`, if it has one, returns further lines.
        prog: program name shown in the help.
        documented: object whose docstring has the section `Examples:`.
    """
    found = re.search(r"Examples:\n((?: +.+\n?)+)", inspect.getdoc(documented) or "")
    examples = [line.strip() for line in found[1].splitlines()] if found else []
    typed = [line.replace(f"artgan {verb.__name__}", prog) for line in examples]
    more = vars(verb).get("more_help", list)()
    return "\n".join([*(["Examples:"] if typed else []), *(f"  {line}" for line in typed), *more])
