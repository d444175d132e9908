"""Nearest neighbours of paintings: found, told and marked as `authenticity` counts them."""

import numpy as np
import pytest

from artgan_tf.data.spec import open_source
from artgan_tf.evaluation.images import Images
from artgan_tf.evaluation.reference import Reference
from artgan_tf.evaluation.report import pictures
from artgan_tf.metrics.extractors import open_extractor
from artgan_tf.metrics.manifold import authenticity
from tests.painters import painter


@pytest.fixture
def reference(tiny, tmp_path):
    data = tiny("improved").data
    extractor = open_extractor("random-projection")
    (tmp_path / "work").mkdir()
    return Reference(open_source(data), data, extractor, tmp_path / "cache", tmp_path / "work")


@pytest.fixture
def painted(reference):
    """A copy, its neighbour's mean with it, a training image a step brighter, noise."""
    pixels = reference.train.pixels
    noise = np.random.default_rng(0).integers(0, 256, pixels.shape[1:], np.uint8)
    mean = (pixels[4].astype(int) + pixels[9]) // 2
    brighter = np.minimum(pixels[20], 254) + 1
    images = np.stack([pixels[7], mean, brighter, noise]).astype(np.uint8)
    return Images(images, np.array([2, 0, 1, 1], np.int32))


@pytest.mark.parametrize("by", [pictures.neighbours_by_pixels, pictures.neighbours_by_features])
def test_a_training_image_is_its_own_nearest(by, painted, reference):
    copy, _, brighter, _ = by(painted, reference)
    for strip, number in ((copy, 7), (brighter, 20)):
        np.testing.assert_array_equal(strip.images[1], reference.train.pixels[number])
        assert strip.mark == "closer"
        name = reference.source.class_names[reference.train.labels[number]]
        assert strip.captions[1].startswith(f"{name}, ")
    assert copy.captions[1].endswith(", 0")
    assert len(copy.images) == 1 + pictures.NEIGHBOURS


@pytest.mark.parametrize("by", [pictures.neighbours_by_pixels, pictures.neighbours_by_features])
def test_marks_are_those_that_authenticity_counts(by, painted, reference):
    features = {
        pictures.neighbours_by_pixels: lambda x: x.pixels.reshape(x.count, -1) / 255.0,
        pictures.neighbours_by_features: lambda x: reference.features.extractor.features(
            np.array(x.pixels)
        ),
    }[by]
    counted = authenticity(features(reference.train), features(painted))
    strips = by(painted, reference)
    assert [strip.mark == "closer" for strip in strips] == counted.closer.tolist()
    assert set(counted.closer) == {True, False}
    for strip, nearest in zip(strips, counted.nearest, strict=True):
        np.testing.assert_array_equal(strip.images[1], reference.train.pixels[nearest])


def test_distances_are_grey_levels_and_the_nearest_comes_first(painted, reference):
    _, _, brighter, noise = pictures.neighbours_by_pixels(painted, reference)
    level = np.mean(np.square(painted.pixels[2] - reference.train.pixels[20].astype(float)))
    assert brighter.captions[1].endswith(f", {np.sqrt(level):.3g}")
    assert 0.5 < np.sqrt(level) <= 1
    far = [float(caption.rpartition(", ")[2]) for caption in noise.captions[1:]]
    assert far == sorted(far)
    assert f"nearest {far[0]:.3g} away" in noise.remark


def test_a_copy_of_an_image_that_is_there_twice_is_no_closer(painted, reference):
    train = reference.train
    twice = np.concatenate([train.pixels, train.pixels[[7]]])
    reference.train = Images(twice, np.append(train.labels, train.labels[7]))
    copy = pictures.neighbours_by_pixels(painted, reference)[0]
    assert "whose own nearest is 0 away" in copy.remark
    assert not copy.mark


def test_nothing_is_left_of_the_paintings_nor_pixels_as_floats(painted, reference):
    pictures.neighbours_by_pixels(painted, reference)
    pictures.neighbours_by_features(painted, reference)
    names = sorted(path.name for path in reference.work.iterdir())
    assert names == [f"random-projection-0-features-{reference.train.sha256}.npy", "train.npy"]


def test_fewer_training_images_than_neighbours(painted, reference):
    few = reference.train.first(3)
    reference.train = Images(few.pixels, few.labels)
    assert {len(strip.images) for strip in pictures.neighbours_by_pixels(painted, reference)} == {
        1 + 2
    }


@pytest.mark.parametrize("classes", [1, 3, 20])
def test_paintings_are_spread_over_the_classes(classes):
    of = painter(classes)
    painted = pictures.sought(of)
    counts = np.bincount(painted.labels, minlength=classes)
    assert painted.count == pictures.SOUGHT
    assert counts.max() - counts[counts > 0].min() <= 1
    assert np.count_nonzero(counts) == min(classes, pictures.SOUGHT)
    for seed, label in enumerate(painted.labels.tolist()):
        np.testing.assert_array_equal(painted.pixels[seed], of.generate([label], [seed])[0])
