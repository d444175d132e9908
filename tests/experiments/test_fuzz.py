"""The seeds of fuzzing and the inputs that it found do not fail."""

import pytest

from experiments.faults.fuzz import examples, lists, presets, rest

FOUND = {  # inputs that once made a target fail
    lists: [b"a cat\n1"],  # the error for a word with a line break had two lines
    presets: [],
    rest: [],
    examples: [],
}
INPUTS = [
    pytest.param(target, data, id=f"{target.__name__.rpartition('.')[2]}-{number}")
    for target, found in FOUND.items()
    for number, data in enumerate(
        [*(examples.seeds() if target is examples else target.SEEDS), *found]
    )
]


@pytest.mark.parametrize(("target", "data"), INPUTS)
def test_an_input_behaves(target, data):
    target.one(data)


@pytest.mark.parametrize("kind", examples.KINDS, ids=str)
def test_the_reader_and_verify_agree(kind):
    """Both refuse a wrong image or label."""
    assert examples.check(examples.example(kind), kind) == ""
    assert examples.readable(examples.example(kind), kind)
    for record in (examples.example(kind, 2), examples.example(kind)[:-9], b"", b"\x0a\x00"):
        assert examples.check(record, kind)
        assert not examples.readable(record, kind)
