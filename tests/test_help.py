"""`--help` is immediate: no verb imports slow packages before it has work to do."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from artgan_tf.__main__ import VERBS
from artgan_tf.preset_files import preset_names

REPOSITORY = Path(__file__).parents[1]
HEAVY = {
    "grpc",
    "keras",
    "matplotlib",
    "scipy",
    "tensorboard",
    "tensorflow",
    "tensorflow_datasets",
}
CODE = """
import runpy, sys
module, *sys.argv[1:] = sys.argv[1:]
try:
    runpy.run_module(module, run_name="__main__")
except SystemExit as end:
    assert not end.code, end
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def verbs() -> list[str]:
    """Every module with a command line."""
    found = []
    for package in ("artgan_tf", "tfrecords_tools"):
        for file in sorted((REPOSITORY / package).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            if 'if __name__ == "__main__":' in text and "cli.main(" in text:
                name = ".".join(file.relative_to(REPOSITORY).with_suffix("").parts)
                found.append(name.removesuffix(".__main__"))
    return found


def run(*arguments: str, columns: str = "5") -> str:
    command = [sys.executable, "-c", CODE, *arguments]
    narrow = os.environ | {"COLUMNS": columns}  # 5: a very narrow window
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=REPOSITORY, env=narrow, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_verbs_are_found() -> None:
    assert {"artgan_tf", "artgan_tf.fit", "tfrecords_tools.convert"} < set(verbs())
    assert len(verbs()) >= 10


@pytest.mark.parametrize("verb", verbs())
def test_help_imports_nothing_heavy(verb: str) -> None:
    *text, modules = run(verb, "--help").splitlines()
    assert "usage" in text[0]
    assert HEAVY & set(modules.split()) == set()


@pytest.mark.parametrize("verb", VERBS)
def test_help_is_in_words_and_has_two_examples(verb: str) -> None:
    printed = run("artgan_tf", verb, "--help", columns="100")
    help_of_it, _, after = printed.partition("Examples:")
    assert help_of_it.startswith(f"usage: artgan {verb}")
    assert re.findall(r"\{|\b(?:STR|INT|FLOAT)\b", help_of_it) == []
    assert HEAVY & set(printed.splitlines()[-1].split()) == set()
    examples = [line for line in after.splitlines() if line.startswith(f"  artgan {verb}")]
    assert len(examples) == 2
    for flag in re.findall(r" (--[a-z-]+)", after):
        assert flag in help_of_it
    assert ("gallery in the browser" in " ".join(help_of_it.split())) == (verb == "serve")
    if verb in ("sample", "evaluate", "export", "serve"):
        assert re.search(r"(MODEL|RUN) +a run's directory.* pretrained:NAME", help_of_it)


def test_a_module_s_examples_are_its_own() -> None:
    printed = run("tfrecords_tools.verify", "--help")
    assert "  python -m tfrecords_tools.verify data/paintings" in printed


def test_the_presets_stand_in_the_help_of_fit() -> None:
    printed = run("artgan_tf", "fit", "--help")
    assert set(preset_names()) <= set(re.findall(r"[\w/-]+", printed.partition("Presets:")[2]))


def test_all_verbs_are_listed() -> None:
    printed = run("artgan_tf")
    assert all(f"  {verb:10} " in printed for verb in VERBS)
    assert {"convert", "verify", "preview"} < set(VERBS)


def test_classes_are_listed_without_starting_anything() -> None:
    *names, modules = run("artgan_tf.sample", "pretrained:cifar10", "--list-classes").splitlines()
    assert names[0] == "airplane"
    assert HEAVY & set(modules.split()) == set()
