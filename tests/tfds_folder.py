"""TFDS's data folder for tests."""

from pathlib import Path

import pytest


def set_data_folder(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Make TFDS look for data sets in `folder`.

    This sets TFDS's constant, as it reads TFDS_DATA_DIR only on import.
    """
    patch.setattr("tensorflow_datasets.core.constants.DATA_DIR", str(folder))
