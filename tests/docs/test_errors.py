"""The page of error sentences lists every sentence that the code can end with."""

import ast
import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[2] / "docs" / "hooks" / "errors.py"


@pytest.fixture(scope="module")
def errors():
    spec = importlib.util.spec_from_file_location("errors", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("source", "sentences"),
    [
        ('def f(x):\n    raise InputError(f"{x!r} is no number.")', ["{x} is no number."]),
        ('def f(bad):\n    raise RunError("A." if bad else "B.")', ["A.", "B."]),
        (
            "def f(s):\n    if why := _why(s):\n        raise InputError(why)\n"
            'def _why(s):\n    return "" if s else f"No {len(s)}: take {WHERE}."\n'
            'WHERE = "another one"',
            ["No {s}: take another one."],
        ),
        (
            "def _require(holds, sentence):\n    if not holds:\n        raise InputError(sentence)"
            '\ndef f(x):\n    _require(x > 0, f"Not {x}.")\n    _require(True, sentence="Never.")',
            ["Not {x}.", "Never."],
        ),
        (
            'A, B = "first", "second"\ndef f():\n    raise InputError(f"No {B}: take {A}.")',
            ["No second: take first."],
        ),
        (
            "class Damaged(RunError):\n    pass\n"
            "def f(found):\n    faults = []\n    for x in found:\n"
            '        faults.append(f"{x} is bad.")\n    raise Damaged(" ".join(faults))',
            ["{x} is bad."],
        ),
    ],
)
def test_sentences_are_followed_to_their_words(errors, tmp_path, source, sentences):
    for package in errors.PACKAGES:
        (tmp_path / package).mkdir()
    (tmp_path / "artgan_tf" / "some.py").write_text(source)
    assert [text for _, text in errors.Code(tmp_path).sentences()] == sentences


def test_a_constant_is_that_of_the_file(errors, tmp_path):
    for package in errors.PACKAGES:
        (tmp_path / package).mkdir()
        text = f'NAME = "{package}"\ndef f():\n    raise InputError(f"Not {{NAME}}.")'
        (tmp_path / package / "some.py").write_text(text)
    found = [text for _, text in errors.Code(tmp_path).sentences()]
    assert found == [f"Not {package}." for package in errors.PACKAGES]
    assert errors.page(tmp_path).endswith("\n* Not tfrecords\\_tools.")


def test_every_error_of_the_code_has_words(errors):
    code = errors.Code(errors.ROOT)
    told, silent = [], []
    for tree in code.trees.values():
        for scope in [tree, *(x for x in ast.walk(tree) if isinstance(x, ast.FunctionDef))]:
            for node in errors._own(scope):
                if (
                    isinstance(node, ast.Call)
                    and errors._name(node.func) in code.kinds
                    and node.args
                ):
                    found = code.told(node.args[0], scope)
                    told += found
                    if not found:
                        silent.append(ast.unparse(node))
    # A stream's sentence about damaged records comes from a method that several classes have.
    assert [line for line in silent if "self.split.damage" not in line] == []
    assert any(sentence.startswith("A grid is a still") for sentence in told)
