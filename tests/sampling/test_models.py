"""An export gives the same pictures as its run."""

from typing import Any

import numpy as np
import pytest

from artgan_tf.config import InputError
from artgan_tf.sampling.models import Exported, open_model

LABELS, SEEDS = [0, 2, 1, 2, 0], [3, 2**53 - 1, 0, 7, 7]
WAY = [0.0, 0.25, 0.5, 0.75, 1.0]
WEIGHTS = np.array([[1, 0, 0], [0.5, 0.5, 0], [0, 0, 1], [0.2, 0.3, 0.5], [0, 1, 0]])


@pytest.mark.slow
@pytest.mark.parametrize("paper", ["improved", "artgan"])
def test_an_export_paints_what_the_sampler_paints(exports, samplers, paper):
    export, sampler = open_model(exports[paper].parent), samplers[paper]
    assert export.class_names == sampler.class_names
    for options in ({}, {"truncation": 0.5}, {"magnified": True})[: 2 + (paper == "improved")]:
        found, expected = (m.generate(LABELS, SEEDS, **options) for m in (export, sampler))
        np.testing.assert_array_equal(found, expected)
    if paper == "artgan":
        with pytest.raises(InputError, match="no signature magnified"):
            export.generate(LABELS, SEEDS, magnified=True)
    one, other = (
        m.mix(SEEDS, SEEDS[::-1], WAY, WEIGHTS, truncation=0.8) for m in (export, sampler)
    )
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", ["run", "export"])
def test_classes_by_number_and_none_at_all(kind, exports, samplers):
    model = samplers["improved"] if kind == "run" else open_model(exports["improved"])
    expected = model.generate([2, 1], [5, 6])
    names = np.array(model.class_names)[[2, 1]]
    alike: list[Any] = [np.array([2, 1]), [np.uint8(2), np.int64(1)], names]
    for classes in alike:
        np.testing.assert_array_equal(model.generate(classes, [5, 6]), expected)
    wrong: list[Any] = [True, np.True_, 1.0, -1, np.int64(3), "1"]
    for none in wrong:
        with pytest.raises(InputError, match="There is no class"):
            model.generate([none], [5])
    for magnified, side in ((False, 16), (True, 32)):
        nothing = model.generate([], [], magnified)
        assert (nothing.shape, nothing.dtype) == ((0, side, side, 3), np.uint8)


def test_the_newest_version_is_opened(exports, tmp_path):
    for version in ("2", "10", "part-1", "²"):
        (tmp_path / version).symlink_to(exports["improved"])
    for path, version in ((tmp_path, "10"), (tmp_path / "2", "2")):
        model = open_model(path)
        assert isinstance(model, Exported)
        assert model.folder.name == version


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"There is no run .*, an export, pretrained:"):
        open_model(tmp_path)
