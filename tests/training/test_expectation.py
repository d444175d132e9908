"""The expected end of a training: reported once some steps are timed, and corrected later."""

import re

import pytest

from artgan_tf.training.expectation import Expectation
from artgan_tf.training.loop import advance, bar


@pytest.fixture
def clock(monkeypatch):
    """A clock that tests advance; other threads, such as a server's, keep the process's clock."""
    now = [1000.0]
    monkeypatch.setattr("artgan_tf.training.expectation.monotonic", lambda: now[0])
    return now


def test_it_is_told_once_and_again_where_it_was_wrong(clock):
    told: list[str] = []
    expectation = Expectation(1_000, 40.0, told.append)
    clock[0] += 100  # the first step is compiled
    for step in range(1, 1_001):
        clock[0] += 2.0 if step < 40 else 4.0
        expectation.update(step)
        if step == 3:  # 4 seconds for two steps
            assert told == []
    first, *corrected = told
    assert re.fullmatch(
        r"time      first picture in about 34 seconds, the end in about 33 minutes "
        r"\(\d\d:\d\d\), at 0.5 steps a second",
        first,
    )
    assert 1 <= len(corrected) <= 3
    assert all("corrected: the end in about" in line for line in corrected)


def test_what_was_right_is_not_told_again(clock):
    told: list[str] = []
    expectation = Expectation(10_000, 0.0, told.append)
    for step in range(1, 10_001):
        clock[0] += 2.0
        expectation.update(step)
    assert len(told) == 1
    assert "first picture" not in told[0]
    assert "the end in about 5.6 hours" in told[0]


def test_the_bar_reckons_with_the_steps_after_the_first(monkeypatch, capsys):
    now = [1000.0]
    monkeypatch.setattr("tqdm.std.time", lambda: now[0])
    with bar(100, 4_000) as shown:
        now[0] += 120
        advance(shown)
        for _ in range(9):
            now[0] += 1
            advance(shown)
    told = capsys.readouterr().err.replace("\n", "\r").split("\r")
    assert told[1].startswith("compiling the first step")
    assert "110/4000 [00:09<1:04:50,  1.00step/s]" in told[-2]
    assert not any("compiling" in line for line in told[2:])
