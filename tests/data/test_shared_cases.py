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

ARRAYS: dict[str, tuple[str, ...] | str] = {  # file -> class names, or words of the error
    "bigendian.npz": ("0", "1"),
    "chw.npz": r"must be uint8 \[N, H, W, 3\], not uint8 \[40, 3, 16, 16\]",
    "chw_w3.npz": ("0", "1"),  # valid in both axis orders
    "constant.npz": ("0", "1"),
    "duplicate_names.npz": "2 classes are called 'a'",
    "empty_name.npz": "'' is not a class name: it is empty",
    "float01.npz": r"uint8 \[N, H, W, 3\], not float64",
    "float255.npz": r"uint8 \[N, H, W, 3\], not float32",
    "grey.npz": r"not uint8 \[40, 16, 16\]",
    "grey1.npz": r"not uint8 \[40, 16, 16, 1\]",
    "labels_bool.npz": "40 integers, not bool",
    "labels_float.npz": "40 integers, not float64",
    "labels_n1.npz": r"40 integers, not int64 \[40, 1\]",
    "labels_onehot.npz": r"40 integers, not int64 \[40, 2\]",
    "labels_str.npz": "40 integers, not <U3",
    "longest.npz": "too few to hold out",
    "names_bytes.npz": r"must be K strings, not \|S1",
    "names_object.npz": "without Python objects",
    "newline_names.npz": "line break",
    "object.npz": "without Python objects",
    "renamed.npz": "written by numpy.savez",
    "rgba.npz": r"not uint8 \[40, 16, 16, 4\]",
    "single.npy": "written by numpy.savez",
    "surrogate.npz": "is not UTF-8",
    "trunc.npz": "cannot be read",
    "u2028.npz": "line break",
    "uint64.npz": ("0", "1"),
    "val_missing.npz": "has no val_labels",
    "val_other_class.npz": "held-out images but no training images of 2, 3",
    "x_train.npz": "has no images: it has x_train, y_train",
}
TOLD = {  # warnings of classes without images
    "labels_from1.npz": (3, r"no training images of 0\.$"),
    "labels_sparse.npz": (1001, r"of 1, 2, 3, 4, 5 and 994 more\.$"),
}
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


def test_no_case_is_left_out() -> None:
    assert {path.name for path in (CASES / "arrays").iterdir()} == {*ARRAYS, *TOLD}
    assert {path.name for path in (CASES / "tfds" / "data").iterdir()} == {*SETS}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_trained_on_or_refused(name: str) -> None:
    with warnings.catch_warnings(action="error", category=UserWarning):
        check(f"arrays:{CASES / 'arrays' / name}", ARRAYS[name])


@pytest.mark.parametrize("name", TOLD)
def test_classes_of_arrays_without_images_are_told_of(name: str) -> None:
    count, told = TOLD[name]
    with pytest.warns(UserWarning, match=told):
        source = open_source(Data(spec=f"arrays:{CASES / 'arrays' / name}"))
    assert source.class_names == tuple(map(str, range(count)))


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("kind", ["tfds", "tfrecords"])
def test_sets_are_trained_on_or_refused(
    name: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = CASES / "tfds" / "data"
    set_data_folder(root, monkeypatch)
    spec = f"tfds:{name}" if kind == "tfds" else f"tfrecords:{root / name / '1.0.0'}"
    for cache_mb in (0, 64):
        check(spec, SETS[name], cache_mb=cache_mb)


def test_records_that_nothing_describes_are_refused() -> None:
    folder = CASES / "foreign_records" / "slim"
    for spec, words in ((f"tfrecords:{folder}", "with a dataset_info.json"), (str(folder), "only")):
        check(spec, words)
