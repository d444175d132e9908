"""Pictures of the report: grids, generated and real images, interpolations, neighbours."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from artgan_tf.data.spec import open_source
from artgan_tf.evaluation.images import Images
from artgan_tf.evaluation.reference import Reference
from artgan_tf.evaluation.report import pictures
from artgan_tf.metrics.extractors import open_extractor
from artgan_tf.metrics.manifold import authenticity
from tests.samplers import sampler


@pytest.mark.parametrize("magnified", [False, True])
def test_the_grid_is_that_of_the_sampler(magnified):
    of = sampler(20)
    strips = pictures.grid(of, magnified)
    assert len(strips) == 16
    assert pictures.sheet(strips).tobytes() == of.grid(magnified).tobytes()


def test_generated_pictures_stand_beside_real_ones_of_their_class():
    of, labels = sampler(3), np.repeat([2, 0], [9, 2]).astype(np.int32)
    pixels = np.arange(11, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    strips = pictures.beside(of, Images(pixels, labels))
    assert [strip.name for strip in strips] == [of.class_names[0], of.class_names[2]]
    for strip, label, real in zip(strips, (0, 2), (pixels[9:], pixels[:2]), strict=True):
        np.testing.assert_array_equal(strip.images[:2], of.generate([label] * 2, [0, 1]))
        np.testing.assert_array_equal(strip.images[2:], real)
        assert strip.captions == ["seed 0", "seed 1", "real 1", "real 2"]


def test_the_progress_is_read_from_the_sample_grids(tmp_path):
    of = sampler(20)
    for name, grid in (("", of.grid()), ("_magnified", of.grid(magnified=True))):
        for step in range(10, 210, 10):
            grid.save(tmp_path / f"step_{step:06d}{name}.png")
    strips = pictures.progress(tmp_path, of)
    assert [strip.name for strip in strips] == [f"step {n}" for n in (10, 50, 90, 120, 160, 200)]
    shown = of.class_names[:8]
    for strip in strips:
        assert strip.captions == shown
        np.testing.assert_array_equal(strip.images, of.generate(shown, [0] * len(shown)))
    assert pictures.progress(tmp_path / "none", of) == []


def test_marks_stand_in_the_sheet_too():
    (strip,) = pictures.grid(sampler(1))
    marked = pictures.Strip(strip.name, strip.images, strip.captions, mark="closer")
    assert pictures.sheet([marked]).width > pictures.sheet([strip]).width


@pytest.mark.parametrize("by", [pictures.between_seeds, pictures.between_classes])
def test_ways_begin_and_end_at_paintings(by):
    of, seeds = sampler(20), by is pictures.between_seeds
    strips = by(of)
    assert len({strip.name for strip in strips}) == pictures.WAYS - (not seeds)
    for strip in strips:
        names = [strip.name] * 2 if seeds else strip.name.split(" to ")
        ends = of.generate(names, [pictures.SEED, pictures.OTHER_SEED if seeds else pictures.SEED])
        images = strip.images.astype(int)
        np.testing.assert_allclose(images[[0, -1]], ends, atol=1)
        from_start, from_end = (np.abs(images - images[end]).sum(axis=(1, 2, 3)) for end in (0, -1))
        assert from_start[1] < from_start[-2]
        assert from_end[-2] < from_end[1]
        assert len({image.tobytes() for image in images}) == len(strip.captions) == pictures.STEPS


def test_one_class_has_no_way_to_another():
    assert pictures.between_classes(sampler(1)) == []
    assert len(pictures.between_seeds(sampler(1))) == 1


@pytest.mark.parametrize(
    ("size", "kind", "error"), [(32, "png", 0), (64, "png", 0), (128, "jpeg", 12)]
)
def test_small_pictures_are_exact_in_a_page_and_large_ones_are_small_in_it(size, kind, error):
    ramp = np.linspace(0, 255, size).astype(np.uint8)
    pixels = np.stack(np.broadcast_arrays(ramp[:, None], ramp, np.uint8(90)), axis=2)
    head, _, data = pictures.data_uri(pixels).partition(";base64,")
    assert head == f"data:image/{kind}"
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert np.abs(shown.astype(int) - pixels).max() <= error
    assert len(data) < pixels.size


# ---- neighbours ---------------------------------------------------------------------------------
@pytest.fixture
def reference(tiny, tmp_path):
    data = tiny("improved").data
    extractor = open_extractor("pixels")
    (tmp_path / "work").mkdir()
    return Reference(open_source(data), data, extractor, tmp_path / "cache", tmp_path / "work")


@pytest.fixture
def painted(reference):
    """A copy, its mean with its neighbour, a slightly brighter training image, and noise."""
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
    train, queries = features(reference.train), features(painted)
    counted = [authenticity(train, queries[[i]]).closer_share == 1 for i in range(painted.count)]
    strips = by(painted, reference)
    assert [strip.mark == "closer" for strip in strips] == counted
    assert set(counted) == {True, False}


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
    assert names == [f"pixels-features-{reference.train.sha256}.npy", "train.npy"]


def test_fewer_training_images_than_neighbours(painted, reference):
    few = reference.train.first(3)
    reference.train = Images(few.pixels, few.labels)
    strips = pictures.neighbours_by_pixels(painted, reference)
    assert {len(strip.images) for strip in strips} == {1 + 2}


@pytest.mark.parametrize("classes", [1, 3, 20])
def test_paintings_are_spread_over_the_classes(classes):
    of = sampler(classes)
    painted = pictures.sought(of)
    counts = np.bincount(painted.labels, minlength=classes)
    assert painted.count == pictures.SOUGHT
    assert counts.max() - counts[counts > 0].min() <= 1
    assert np.count_nonzero(counts) == min(classes, pictures.SOUGHT)
    for seed, label in enumerate(painted.labels.tolist()):
        np.testing.assert_array_equal(painted.pixels[seed], of.generate([label], [seed])[0])
