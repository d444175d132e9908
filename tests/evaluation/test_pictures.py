"""Pictures of the report: grids, generated ones beside real ones, ways between two of them."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from artgan_tf.evaluation.images import Images
from artgan_tf.evaluation.report import pictures
from artgan_tf.evaluation.report.pictures import image_uri
from tests.painters import painter


@pytest.mark.parametrize("magnified", [False, True])
def test_the_grid_is_that_of_the_painter(magnified):
    of = painter(18)
    strips = pictures.grid(of, magnified)
    assert len(strips) == 16
    assert pictures.sheet(strips).tobytes() == of.grid(magnified).tobytes()


def test_generated_pictures_stand_beside_real_ones_of_their_class():
    of, labels = painter(3), np.repeat([2, 0], [9, 2]).astype(np.int32)
    pixels = np.arange(11, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    strips = pictures.beside(of, Images(pixels, labels))
    assert [strip.name for strip in strips] == [of.class_names[0], of.class_names[2]]
    for strip, label, real in zip(strips, (0, 2), (pixels[9:], pixels[:2]), strict=True):
        np.testing.assert_array_equal(strip.images[:2], of.generate([label] * 2, [0, 1]))
        np.testing.assert_array_equal(strip.images[2:], real)
        assert strip.captions == ["seed 0", "seed 1", "real 1", "real 2"]


@pytest.mark.parametrize("classes", [1, 9])
def test_the_progress_is_read_from_the_sample_grids(classes, tmp_path):
    of = painter(classes)
    for step in range(10, 210, 10):
        of.grid().save(tmp_path / f"step_{step:06d}.png")
        of.grid().save(tmp_path / f"step_{step:06d}_magnified.png")
    strips = pictures.progress(tmp_path, of)
    assert [strip.name for strip in strips] == [f"step {n}" for n in (10, 50, 90, 120, 160, 200)]
    shown = of.class_names[:8]
    for strip in strips:
        assert strip.captions == shown
        np.testing.assert_array_equal(strip.images, of.generate(shown, [0] * len(shown)))
    assert pictures.progress(tmp_path / "none", of) == []


def test_marks_stand_in_the_sheet_too():
    (strip,) = pictures.grid(painter(1))
    marked = pictures.Strip(strip.name, strip.images, strip.captions, mark="closer")
    assert pictures.sheet([marked]).width > pictures.sheet([strip]).width


def test_ways_between_seeds_begin_and_end_at_paintings():
    of = painter(9)
    strips = pictures.between_seeds(of)
    assert len({strip.name for strip in strips}) == pictures.WAYS
    for strip in strips:
        ends = of.generate([strip.name] * 2, [pictures.SEED, pictures.OTHER_SEED])
        check_way(strip, ends)


def test_ways_between_classes_begin_and_end_at_paintings():
    of = painter(9)
    strips = pictures.between_classes(of)
    assert len(strips) == pictures.WAYS - 1
    for strip in strips:
        ends = of.generate(strip.name.split(" to "), [pictures.SEED] * 2)
        check_way(strip, ends)


def check_way(strip: pictures.Strip, ends: np.ndarray) -> None:
    images = strip.images.astype(int)
    np.testing.assert_allclose(images[[0, -1]], ends, atol=1)
    assert np.abs(ends[0].astype(int) - ends[1]).max() > 4
    from_start = np.abs(images - images[0]).sum(axis=(1, 2, 3))
    from_end = np.abs(images - images[-1]).sum(axis=(1, 2, 3))
    assert from_start[1] < from_start[-2]
    assert from_end[-2] < from_end[1]
    assert len({image.tobytes() for image in images}) == len(strip.captions) == pictures.STEPS


def test_one_class_has_no_way_to_another():
    assert pictures.between_classes(painter(1)) == []
    assert len(pictures.between_seeds(painter(1))) == 1


@pytest.mark.parametrize(
    ("size", "kind", "error"), [(32, "png", 0), (64, "png", 0), (128, "jpeg", 12)]
)
def test_small_pictures_are_exact_in_a_page_and_large_ones_are_small_in_it(size, kind, error):
    ramp = np.linspace(0, 255, size).astype(np.uint8)
    pixels = np.stack(np.broadcast_arrays(ramp[:, None], ramp, np.uint8(90)), axis=2)
    head, _, data = image_uri(pixels).partition(";base64,")
    assert head == f"data:image/{kind}"
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert np.abs(shown.astype(int) - pixels).max() <= error
    assert len(data) < pixels.size
