"""Fixtures for the tests of the converter."""

import pytest

from tests.tfrecords_tools.conversions import content, converted, paintings
from tests.tfrecords_tools.processes import SETTINGS, Undisturbed


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    root = tmp_path_factory.mktemp("undisturbed")
    source = paintings(root / "source", 150)
    (source / "portrait" / "broken.png").write_bytes(b"no image")
    converted(source, root / "set", *SETTINGS)
    return Undisturbed(source, content(root / "set"))
