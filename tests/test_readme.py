"""README and docs/ are valid: verbs, options, presets, settings, names and links."""

import functools
import importlib.util
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tyro

import artgan_tf
from artgan_tf.config import resolve
from artgan_tf.evaluation import registry
from artgan_tf.overrides import parse_overrides
from artgan_tf.preset_files import preset_names
from tfrecords_tools.common.cli import CONFIG
from tfrecords_tools.options import Options, checked

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for pattern in ("*.md", "docs/*.md", "deploy/*.md", "experiments/**/*.md")
    for path in ROOT.glob(pattern)
}
README = PAGES["README.md"]
CODE = r"```sh\n.*?```|`artgan [a-z][^`]*`|`python -m [^`]*`"


def lines() -> list[str]:
    """The distinct commands of all pages as `VERB ...`, with continued lines joined."""
    code = [block for page in PAGES.values() for block in re.findall(CODE, page, re.S)]
    text = "\n".join(code).replace("\\\n", " ")
    found = re.findall(
        r"(?:\bartgan |python -m (?:artgan_tf|tfrecords_tools)\.)([a-z]+(?: [^`\n|]*)?)", text
    )
    whole = {line.strip() for line in found if " " in line.strip() and "--help" not in line}
    return sorted(line for line in whole if function(line.split()[0]))


def function(verb: str) -> Callable[..., Any] | None:
    for package in ("artgan_tf", "tfrecords_tools"):
        if (ROOT / package / f"{verb}.py").is_file():
            return getattr(importlib.import_module(f"{package}.{verb}"), verb)
    return None


def given(line: str) -> dict[str, Any]:
    """The arguments of a verb's call; SystemExit if the verb does not know an option."""
    verb, *words = shlex.split(line)
    called = function(verb)
    assert called
    taken = functools.wraps(called)(lambda **arguments: arguments)
    return tyro.cli(taken, prog=verb, args=words, config=CONFIG)


def test_the_readme_fits_and_its_commands_stand_first():
    commands = re.findall(r"<!-- (fit|test) -->\n```sh\n(.*)\n```", README)
    assert [name for name, _ in commands] == ["fit", "test"]
    assert re.findall(r"```sh\n(.*)\n", README)[:2] == [command for _, command in commands]
    for _, command in commands:
        (requirements,) = re.findall(r"-r (\S+)", command)
        assert (ROOT / requirements).is_file()
    assert len(README.splitlines()) <= 130
    section = README.split("## Five commands")[1].split("\n## ")[0]
    five = re.findall(r"```sh\nartgan (\w+).*\n```", section)
    assert five == ["sample", "fit", "fit", "serve", "evaluate"]


@pytest.mark.parametrize("line", [line for line in lines() if not line.startswith("convert")])
def test_commands_are_understood(line, monkeypatch):
    monkeypatch.chdir(ROOT)
    arguments = given(line)
    settings = parse_overrides(word for group in arguments.get("set", ()) for word in group)
    if line.startswith("fit") and arguments["preset"] != "mine":
        assert resolve(arguments["preset"] or "demo", settings).train.steps
    for preset in arguments.get("presets", ()):
        assert resolve(preset).preset == preset
    for name in arguments.get("metrics") or ():
        assert registry.metric(name).name == name


@pytest.mark.parametrize("line", [line for line in lines() if line.startswith("convert")])
def test_convert_lines_parse(line):
    own, _, beam = line.partition(" -- ")
    options = tyro.cli(Options, args=own.split()[1:])
    assert checked(options).out.parts[0] == "data"
    assert bool(beam) == (options.runner == "beam")


def test_metric_names_are_metrics():
    section = PAGES["docs/evaluation.md"].split("## Metrics")[1]
    rows = re.findall(r"^\| (`.*?`) \|.*\|.*\|$", section, re.M)
    names = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert len(names) > 10
    assert {registry.metric(name).entry for name in names} == set(registry.ENTRIES)


@pytest.mark.parametrize("name", PAGES)
def test_pictures_and_links_exist(name):
    links = re.findall(r'(?:\]\(|src=")([^)"\s]*)', PAGES[name])
    for target, _, anchor in (link.partition("#") for link in links):
        if target.startswith(("http", "mailto:")):
            continue
        path = (ROOT / name).parent / target if target else ROOT / name
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path), f"{target}#{anchor}"


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as made by GitHub and the site."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_presets_named_there_exist():
    text = "".join(page for name, page in PAGES.items() if name != "CHANGELOG.md")
    named = set(re.findall(r"`((?:artgan|improved|recommended)/[a-z0-9-]+)`", text))
    assert len(named) > 10
    assert named <= set(preset_names())


def test_scripts_named_there_exist():
    named = set(re.findall(r"python -m (experiments[\w.]+\w)", "".join(PAGES.values())))
    assert len(named) > 10
    assert not [name for name in named if not importlib.util.find_spec(name)]


def test_python_example_uses_names_that_exist():
    example = README.split("## From Python")[1].split("```")[1]
    assert len([line for line in example.splitlines()[1:] if line]) <= 6
    for name in re.findall(r"artgan_tf\.(\w+)\(", example):
        assert callable(getattr(artgan_tf, name))
    settings = re.search(r"resolve\((.*)\)", example)
    assert settings
    assert eval(f"artgan_tf.resolve({settings[1]})").preset == "demo"
