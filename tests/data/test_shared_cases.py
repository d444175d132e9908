"""Arrays and TFDS sets from elsewhere (../shared/cases): opened, or one-sentence errors."""

import warnings
from typing import Any

import numpy as np
import pytest

from artgan_tf.config import Data, InputError
from artgan_tf.data.failures import Reading
from artgan_tf.data.pipeline import training_batches
from artgan_tf.data.source import DamagedData
from artgan_tf.data.spec import open_source
from tests.tfds_folder import set_data_folder
from tests.tfrecords_tools.test_shared_cases import CASES, needs_cases

pytestmark = [pytest.mark.data, needs_cases]

ARRAYS = ("bigendian", "chw_w3", "constant", "uint64")  # the second: valid in both axis orders
GAPS = {"labels_from1": "of 0", "labels_sparse": "of 1, 2, 3, 4, 5 and 994 more"}  # warnings
SETS: dict[str, tuple[str, ...] | str] = {
    "arec": "array_record files, but only tfrecord files can be read",
    "grey_one": ("a", "b"),
    "intlabel": "a label that names one class",
    "multi": "a label that names one class",
    "numlabel": ("0", "1"),
    "otherkeys": "it has class, img, but needs an image and a label",
    "plain_one": ("a", "b"),
    "rgba_one": ("a", "b"),
    "unlabelled": "label -1(, but its 2 classes are 0 to 1| is not one of 2 classes)",
}


def trained(spec: str, **settings: Any) -> tuple[str, ...]:
    """The class names, after reading one epoch and checking its labels."""
    data = Data(spec=spec, image_size=16, **settings)
    source = open_source(data)
    batches = training_batches(source.train, data, 4, seed=0).take(source.train.count // 4)
    images, labels = map(np.concatenate, zip(*Reading(batches, source.train), strict=True))
    assert images.shape == (source.train.count, 16, 16, 3)
    assert set(labels.tolist()) == {0, 1}
    return source.class_names


def check(spec: str, expected: tuple[str, ...] | str, **settings: Any) -> None:
    if isinstance(expected, tuple):
        assert trained(spec, **settings) == expected
        return
    with pytest.raises((InputError, DamagedData), match=rf"^[^\n]*{expected}[^\n]*\.$"):
        trained(spec, **settings)


def test_arrays_are_trained_on_or_refused() -> None:
    for path in (CASES / "arrays").iterdir():
        if told := GAPS.get(path.stem):
            with pytest.warns(UserWarning, match=rf"has no training images {told}\.$"):
                open_source(Data(spec=f"arrays:{path}"))
        else:
            with warnings.catch_warnings(action="error", category=UserWarning):
                check(f"arrays:{path}", ("0", "1") if path.stem in ARRAYS else "")


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(("kind", "cache_mb"), [("tfds", 64), ("tfrecords", 0)])
def test_sets_are_trained_on_or_refused(
    name: str, kind: str, cache_mb: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = CASES / "tfds" / "data"
    set_data_folder(root, monkeypatch)
    spec = f"tfds:{name}" if kind == "tfds" else f"tfrecords:{root / name / '1.0.0'}"
    check(spec, SETS[name], cache_mb=cache_mb)


def test_records_that_nothing_describes_are_refused() -> None:
    folder = CASES / "foreign_records" / "slim"
    for spec, words in ((f"tfrecords:{folder}", "with a dataset_info.json"), (str(folder), "only")):
        check(spec, words)
