"""Collects all error messages from the code, for the second half of Troubleshooting.

Verbs fail with `InputError`, `RunError` or a subclass.  The argument of each is traced back to its
text, through the functions that build the sentence or pass it on.
"""

import ast
import builtins
import html
import re
from collections import ChainMap, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("artgan_tf", "tfrecords_tools")
MARK = "<!-- errors -->"
DEEPEST = 4  # calls between the text of a sentence and its error
GENERAL = {*dir(builtins), "join", "strip", "lower"}  # the object they are called on says more
CONSTANT = re.compile(r"{([A-Z ]+)}")
Function = ast.FunctionDef


class Code:
    """The parsed files of both packages, with their functions, calls and constants by name."""

    def __init__(self, root: Path):
        files = [file for package in PACKAGES for file in sorted((root / package).rglob("*.py"))]
        self.trees = {f.relative_to(root): ast.parse(f.read_text("utf-8")) for f in files}
        self.functions: dict[str, list[Function]] = defaultdict(list)
        self.calls: dict[str, list[ast.Call]] = defaultdict(list)
        self.constants: dict[Path, dict[str, str]] = defaultdict(dict)
        self.kinds = {"InputError", "RunError"}
        for file, tree in self.trees.items():
            for node in ast.walk(tree):
                if isinstance(node, Function):
                    self.functions[node.name].append(node)
                elif isinstance(node, ast.Call):
                    self.calls[_name(node.func)].append(node)
                elif isinstance(node, ast.Assign):
                    self.constants[file].update(_constants(node.targets[0], node.value))
                elif isinstance(node, ast.ClassDef) and {_name(x) for x in node.bases} & self.kinds:
                    self.kinds.add(node.name)

    def sentences(self) -> Iterator[tuple[Path, str]]:
        """Yield the sentences of each file in order, with `{...}` for values filled in."""
        for file, tree in self.trees.items():
            for scope in [tree, *(x for x in ast.walk(tree) if isinstance(x, Function))]:
                for node in _own(scope):
                    if isinstance(node, ast.Call) and _name(node.func) in self.kinds and node.args:
                        yield from ((file, text) for text in self.told(node.args[0], scope, file))

    def told(self, node: Any, scope: Any, file: Path | None = None) -> list[str]:
        """Return the texts of an error; only `{...}` if the text comes from another library.

        Constants are those of the file, or else of another one, from which it may import them.
        """
        own = self.constants.get(file, {}) if file else {}
        known = ChainMap(own, *self.constants.values())
        found = list(self.words(node, scope)) or [_text(node)]
        return [CONSTANT.sub(lambda name: known.get(name[1], name[0]), x) for x in found if x]

    def words(self, node: Any, scope: Any, depth: int = 0) -> Iterator[str]:
        """Yield the texts that an expression can have."""
        if depth > DEEPEST or (isinstance(node, ast.Constant) and not node.value):
            return
        if _says_something(text := _text(node)):
            yield text
        elif isinstance(node, ast.JoinedStr):  # of other sentences alone
            for part in node.values:
                yield from self.words(getattr(part, "value", None), scope, depth)
        elif isinstance(node, ast.IfExp):
            yield from self.words(node.body, scope, depth)
            yield from self.words(node.orelse, scope, depth)
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):  # f"...".rstrip(), " ".join(...)
                for part in [node.func.value, *node.args]:
                    yield from self.words(part, scope, depth + 1)
            for function in self.functions[_name(node.func)]:
                for part in _own(function):
                    if isinstance(part, ast.Return):
                        yield from self.words(part.value, function, depth + 1)
        elif isinstance(node, ast.Name):
            yield from self._of_name(node.id, scope, depth + 1)

    def _of_name(self, name: str, scope: Any, depth: int) -> Iterator[str]:
        for node in _own(scope):
            targets = getattr(node, "targets", [getattr(node, "target", None)])
            if name in [_name(x) for x in targets] and getattr(node, "value", None):
                yield from self.words(node.value, scope, depth)
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == f"{name}.append":
                yield from self.words(node.args[0], scope, depth)
        names = [x.arg for x in scope.args.args] if isinstance(scope, Function) else []
        if name in names:
            for call in self.calls[scope.name]:
                given = dict(zip(names, call.args, strict=False))
                given |= {x.arg: x.value for x in call.keywords if x.arg}
                if name in given and _text(given[name]):
                    yield from self.words(given[name], scope, depth)


def _constants(target: Any, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of an assignment, also of several at once."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for each in zip(target.elts, value.elts, strict=False):
            yield from _constants(*each)
    elif _text(value):
        yield _shown_name(_name(target)), _text(value)


def _name(node: Any) -> str:
    return getattr(node, "id", getattr(node, "attr", ""))


def _own(scope: Any) -> Iterator[Any]:
    """Yield the nodes of a scope, without those of the functions in it."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, Function):
            yield from _own(node)


def _text(node: Any) -> str:
    """Return the text of a literal, with `{...}` for values filled in; empty for other nodes."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else f"{{{_short(part.value)}}}"
            for part in node.values
        )
    return ""


def _shown_name(name: str) -> str:
    return name.strip("_").replace("_", " ")


def _says_something(text: str) -> bool:
    return any(c.isalpha() for c in re.sub(r"{.*?}", "", text))


def _short(node: Any) -> str:
    """Name a value that is filled in, by its outermost name that is not a builtin of Python."""
    names = (_shown_name(_name(x)) for x in ast.walk(node))
    return next((name for name in names if name and name not in GENERAL), "...")


HEADINGS = {
    "runs": "Runs and checkpoints",
    "data": "Data",
    "training": "Training",
    "models": "Models",
    "tables.py": "Layer tables",
    "frozen": "Frozen features",
    "metrics": "Extractors and metrics",
    "evaluation": "Evaluation",
    "sampling": "Painting",
    "serving": "Export and serving",
    "comparison": "Studies",
    "backend": "Backends",
    "tfrecords_tools": "Images, lists and records",
}


def page(root: Path = ROOT) -> str:
    """Return all sentences as Markdown, each once, under a heading for each package."""
    sections: dict[str, list[str]] = defaultdict(list)
    for file, sentence in Code(root).sentences():
        package = file.parts[0] if file.parts[0] != "artgan_tf" else file.parts[1]
        title = HEADINGS.get(package, "Settings and commands")
        if sentence not in sections[title]:
            sections[title].append(sentence)
    order = ["Settings and commands", *HEADINGS.values()]
    parts = [_section(title, sections[title]) for title in order if sections[title]]
    return "\n\n".join(parts)


def _section(title: str, sentences: list[str]) -> str:
    return f"### {title}\n" + "\n".join(f"* {_shown(text)}" for text in sorted(sentences))


def _shown(text: str) -> str:
    escaped = html.escape(" ".join(text.split()), quote=False)
    for mark in "\\`*_[]":
        escaped = escaped.replace(mark, f"\\{mark}")
    escaped = escaped.replace("}{", "} {")
    return escaped.replace("{", "<i>").replace("}", "</i>")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Insert the sentences at the mark; mkdocs calls this for each page."""
    return markdown.replace(MARK, page()) if MARK in markdown else markdown
