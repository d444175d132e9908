"""Blocks of several lengths."""

import pytest

from artgan_tf.metrics import distances


@pytest.fixture(params=[1, 13, 1000])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Rows computed at a time: one, some, with one left of 40, or all that a test has."""
    monkeypatch.setattr(distances, "BLOCK", request.param)
    return request.param
