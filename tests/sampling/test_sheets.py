"""The layout of sheets: grids and interpolations."""

import numpy as np
import pytest

from artgan_tf.config import InputError
from artgan_tf.sampling import sheets
from artgan_tf.sampling.sheets import select


@pytest.fixture
def sampler(samplers):
    return samplers["improved"]


def test_a_grid_has_a_class_a_row_and_a_seed_a_column(sampler):
    sheet = sheets.grid(sampler, select(sampler, ["Éclair", "rings"], count=3, seed=5))
    assert sheet.names == ["Éclair", "rings"]
    assert sheet.images.shape == (2, 3, 16, 16, 3)
    np.testing.assert_array_equal(sheet.images[1, 2], sampler.generate(["rings"], [7])[0])
    np.testing.assert_array_equal(sheet.images[0, 0], sampler.generate(["Éclair"], [5])[0])


def test_many_pictures_of_one_class_take_several_rows(sampler):
    of = select(sampler, ["rings"], count=10, seed=5)
    sheet = sheets.grid(sampler, of)
    shown = sheets.wrapped(sheet, of)
    assert [name.rpartition(",\n")[2] for name in shown.names] == [
        "seeds 5 to 12",
        "seeds 13 to 14",
    ]
    assert shown.images.shape == (2, 8, 16, 16, 3)
    np.testing.assert_array_equal(shown.images[1, :2], sheet.images[0, 8:])
    assert shown.images[1, 2:].min() == 255  # blank
    for count, names in ((8, ["rings"]), (10, ["rings", "Éclair"])):
        of = select(sampler, names, count=count)
        sheet = sheets.grid(sampler, of)
        assert sheets.wrapped(sheet, of) is sheet


def test_ways_between_seeds_pass_by_each_seed_and_come_back(sampler):
    sheet = sheets.between_seeds(sampler, select(sampler, ["rings"], count=3, seed=4), frames=5)
    assert sheet.images.shape[:2] == (1, 15)
    for number, seed in enumerate((4, 5, 6)):
        picture = sampler.generate(["rings"], [seed])[0]
        np.testing.assert_array_equal(sheet.images[0, 5 * number], picture)
    steps = np.abs(np.diff(sheet.images[0].astype(int), axis=0)).mean(axis=(1, 2, 3))
    ends = np.abs(sheet.images[0, 0].astype(int) - sheet.images[0, 5]).mean()
    assert 0 < steps.max() < ends  # no step is as large as the whole interpolation
    back = np.abs(sheet.images[0, -1].astype(int) - sheet.images[0, 0]).mean()
    assert back < ends
    apart = sheet.one_row_each()
    assert apart.names == [f"rings,\nseed {way}" for way in ("4 to 5", "5 to 6", "6 to 4")]
    np.testing.assert_array_equal(apart.images[:, 0], sheet.images[0, ::5])
    np.testing.assert_array_equal(apart.images[:, -1], sheet.images[0, [5, 10, 0]])


def test_ways_between_classes_pass_by_each_class(sampler):
    sheet = sheets.between_classes(sampler, select(sampler, count=2, seed=9), frames=4)
    assert sheet.names == ["seed 9", "seed 10"]
    assert sheet.images.shape[:2] == (2, 12)
    _, a, b = sampler.class_names
    assert sheet.one_row_each().names[4] == f"{a} to\n{b},\nseed 10"
    for row, seed in enumerate((9, 10)):
        for label in range(3):
            picture = sampler.generate([label], [seed])[0]
            np.testing.assert_array_equal(sheet.images[row, 4 * label], picture)


def test_half_way_between_two_classes_both_weigh_alike(sampler):
    sheet = sheets.between_classes(sampler, select(sampler, ["rings", "Éclair"], count=1), frames=2)
    halves = sampler.mix([0], [0], [0.0], np.array([[0.5, 0.0, 0.5]]))
    np.testing.assert_array_equal(sheet.images[0, 1], halves[0])


@pytest.mark.parametrize("magnified", [False, True])
def test_truncation_to_nothing_leaves_one_picture_a_class(sampler, magnified):
    of = select(sampler, count=4, truncation=0.0, magnified=magnified)
    images = sheets.grid(sampler, of).images
    assert images.shape[:3] == (3, 4, 32 if magnified else 16)  # all classes, as none is named
    assert (images == images[:, :1]).all()
    assert (images[0, 0] != images[1, 0]).any()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"count": 0}, "0 seeds from 0 on"),
        ({"seed": -1}, "8 seeds from -1 on"),
        ({"seed": 2**53 - 7}, "between 0 and 2\\^53"),
        ({"truncation": -0.1}, "truncation of -0.1"),
        ({"truncation": float("nan")}, "truncation of nan"),
        ({"classes": ["ring"]}, "There is no class 'ring'.*: this model paints rings, waves"),
    ],
)
def test_wishes_that_cannot_be_are_refused(sampler, asked, sentence):
    with pytest.raises(InputError, match=sentence):
        select(sampler, **asked)


@pytest.mark.parametrize("between", [sheets.between_seeds, sheets.between_classes])
def test_there_is_no_way_from_one_picture_to_itself(sampler, between):
    with pytest.raises(InputError, match="ask for two or more"):
        between(sampler, select(sampler, ["rings"], count=1), frames=4)


def test_ways_need_frames(sampler):
    with pytest.raises(InputError, match="0 frames"):
        sheets.between_seeds(sampler, select(sampler, count=2), frames=0)
