"""Fixtures for the tests of the converter."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tfrecords_tools import conversions
from tests.tfrecords_tools.conversions import content, paintings, the_error
from tests.tfrecords_tools.processes import FLAGS, Undisturbed
from tfrecords_tools.common import cli
from tfrecords_tools.convert import convert
from tfrecords_tools.options import Options


@pytest.fixture
def refuse(capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """`refuse(source, out, *flags)` returns the error of a conversion that starts no process."""

    def call(source: Path, out: Path, *flags: object) -> str:
        capfd.readouterr()
        arguments = [str(source), "--out", str(out), *map(str, flags)]
        with pytest.raises(SystemExit) as exit_:
            cli.main(convert, "convert", arguments, Options)
        return the_error(exit_.value.code, capfd.readouterr().err)

    return call


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    root = tmp_path_factory.mktemp("undisturbed")
    source = paintings(root / "source", 150)
    (source / "portrait" / "broken.png").write_bytes(b"no image")
    begun = time.monotonic()
    assert (
        conversions.convert(source, root / "set", *FLAGS).returncode == 0
    )  # as those that are struck
    return Undisturbed(source, content(root / "set"), time.monotonic() - begun)
