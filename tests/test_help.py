"""`--help` comes at once: no verb imports what takes seconds before it has work to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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


def run(*arguments: str) -> str:
    command = [sys.executable, "-c", CODE, *arguments]
    narrow = os.environ | {"COLUMNS": "5"}  # as of a window that has been made very small
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


@pytest.mark.parametrize("verb", ["fit", "sample", "evaluate", "export", "serve"])
def test_help_of_the_script_imports_nothing_heavy(verb: str) -> None:
    *text, modules = run("artgan_tf", verb, "--help").splitlines()
    assert f"usage: artgan {verb}" in text[0]
    assert HEAVY & set(modules.split()) == set()


def test_classes_are_listed_without_starting_anything() -> None:
    *names, modules = run("artgan_tf.sample", "pretrained:cifar10", "--list-classes").splitlines()
    assert names[0] == "airplane"
    assert HEAVY & set(modules.split()) == set()
