"""Parsed contents of the Dockerfile, compose.yaml and deploy/."""

import importlib
import re
import shlex
from pathlib import Path

import tyro
import yaml

from artgan_tf.__main__ import VERBS
from tfrecords_tools.common.cli import CONFIG

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
_, INFERENCE = yaml.safe_load_all((DEPLOY / "kserve.yaml").read_text(encoding="utf-8"))
PAGES = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("docs/docker.md", "deploy/README.md")
}


def instructions(name: str) -> list[str]:
    """Arguments of each instruction of this name in the Dockerfile, in order."""
    return re.findall(rf"^{name} +(.*)$", DOCKERFILE, re.M)


def default(variable: str) -> str:
    """Default text of `${NAME:-text}`; other text is unchanged."""
    return re.sub(r"\$\{\w+:-(.*?)\}", r"\1", variable)


def parsed(command: str) -> dict[str, str]:
    """Options of `artgan VERB ...`, which the verb must know."""
    verb, *rest = shlex.split(command)
    assert verb in VERBS
    function = getattr(importlib.import_module(f"artgan_tf.{verb}"), verb)
    parser = tyro.extras.get_parser(function, prog=verb, config=CONFIG)
    found = vars(parser.parse_args(rest))
    return {name: " ".join(words) for name, words in found.items() if isinstance(words, list)}
