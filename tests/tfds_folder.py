"""TFDS's data folder, in tests."""

from pathlib import Path

import pytest


def set_data_folder(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """TFDS looks for data sets in `folder` from here on.

    By a constant of its own: it reads TFDS_DATA_DIR once, when it is imported.
    """
    patch.setattr("tensorflow_datasets.core.constants.DATA_DIR", str(folder))
