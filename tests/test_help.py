"""`--help` is immediate: no verb imports slow packages before it has work to do."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from artgan_tf.__main__ import VERBS
from artgan_tf.preset_files import preset_names

REPOSITORY = Path(__file__).parents[1]
HEAVY = {"grpc", "keras", "matplotlib", "scipy", "tensorboard", "tensorflow"}
HEAVY |= {"tensorflow_datasets"}
CODE = """
import json, os, runpy, sys
for columns, module, *arguments in json.loads(sys.argv[1]):
    os.environ["COLUMNS"], sys.argv = columns, [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__")
    except SystemExit as end:
        assert not end.code, end
    print(*sorted({name.partition(".")[0] for name in sys.modules}), end="\\0")
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


NARROW = [("5", verb, "--help") for verb in verbs()]  # in a very narrow window
HELP = {verb: ("100", "artgan_tf", verb, "--help") for verb in VERBS}
OWN, ALL = ("100", "tfrecords_tools.verify", "--help"), ("100", "artgan_tf")
CLASSES = ("100", "artgan_tf.sample", "pretrained:cifar10", "--list-classes")


@pytest.fixture(scope="module")
def printed() -> dict[tuple[str, ...], str]:
    """What commands print in one process; the last line is the packages imported so far."""
    commands = [*NARROW, *HELP.values(), OWN, ALL, CLASSES]
    run = [sys.executable, "-c", CODE, json.dumps(commands)]
    done = subprocess.run(run, capture_output=True, text=True, cwd=REPOSITORY, timeout=200)
    assert done.returncode == 0, done.stderr
    return dict(zip(commands, done.stdout.split("\0"), strict=False))


def test_no_verb_imports_anything_heavy_for_its_help(printed) -> None:
    assert {"artgan_tf", "artgan_tf.fit", "tfrecords_tools.convert"} < set(verbs())
    assert len(verbs()) >= 10
    for command, text in printed.items():
        assert not HEAVY & set(text.splitlines()[-1].split()), command
    assert all("usage" in printed[command].splitlines()[0] for command in NARROW)


@pytest.mark.parametrize("verb", VERBS)
def test_help_is_in_words_and_has_two_examples(verb: str, printed) -> None:
    help_of_it, _, after = printed[HELP[verb]].partition("Examples:")
    assert help_of_it.startswith(f"usage: artgan {verb}")
    assert re.findall(r"\{|\b(?:STR|INT|FLOAT)\b", help_of_it) == []
    examples = [line for line in after.splitlines() if line.startswith(f"  artgan {verb}")]
    assert len(examples) == 2
    for flag in re.findall(r" (--[a-z-]+)", after):
        assert flag in help_of_it
    assert ("gallery in the browser" in " ".join(help_of_it.split())) == (verb == "serve")
    if verb in ("sample", "evaluate", "export", "serve"):
        assert re.search(r"(MODEL|RUN) +a run's directory.* pretrained:NAME", help_of_it)


def test_presets_verbs_classes_and_a_module_s_own_examples_are_listed(printed) -> None:
    assert "  python -m tfrecords_tools.verify data/paintings" in printed[OWN]
    listed = printed[HELP["fit"]].partition("Presets:")[2]
    assert set(preset_names()) <= set(re.findall(r"[\w/-]+", listed))
    assert all(f"  {verb:10} " in printed[ALL] for verb in VERBS)
    assert {"convert", "verify", "preview"} < set(VERBS)
    assert printed[CLASSES].splitlines()[0] == "airplane"
