"""Grids and ways between paintings; curves of a history."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from artgan_tf.evaluation import curves, figures
from artgan_tf.evaluation.encoding import image_uri, png
from artgan_tf.evaluation.images import Images
from tests.painters import painter


@pytest.mark.parametrize("magnified", [False, True])
def test_the_grid_is_that_of_the_painter(magnified):
    of = painter(18)
    strips = figures.grid(of, magnified)
    assert len(strips) == 16
    assert figures.sheet(strips).tobytes() == of.grid(magnified).tobytes()


def test_generated_pictures_stand_beside_real_ones_of_their_class():
    of, labels = painter(3), np.repeat([2, 0], [9, 2]).astype(np.int32)
    pixels = np.arange(11, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    strips = figures.beside(of, Images(pixels, labels))
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
    strips = figures.progress(tmp_path, of)
    assert [strip.name for strip in strips] == [f"step {n}" for n in (10, 50, 90, 120, 160, 200)]
    shown = of.class_names[:8]
    for strip in strips:
        assert strip.captions == shown
        np.testing.assert_array_equal(strip.images, of.generate(shown, [0] * len(shown)))
    assert figures.progress(tmp_path / "none", of) == []


def test_marks_stand_in_the_sheet_too():
    (strip,) = figures.grid(painter(1))
    marked = figures.Strip(strip.name, strip.images, strip.captions, mark="closer")
    assert figures.sheet([marked]).width > figures.sheet([strip]).width


def test_ways_between_seeds_begin_and_end_at_paintings():
    of = painter(9)
    strips = figures.between_seeds(of)
    assert len({strip.name for strip in strips}) == figures.WAYS
    for strip in strips:
        ends = of.generate([strip.name] * 2, [figures.SEED, figures.OTHER_SEED])
        check_way(strip, ends)


def test_ways_between_classes_begin_and_end_at_paintings():
    of = painter(9)
    strips = figures.between_classes(of)
    assert len(strips) == figures.WAYS - 1
    for strip in strips:
        ends = of.generate(strip.name.split(" to "), [figures.SEED] * 2)
        check_way(strip, ends)


def check_way(strip: figures.Strip, ends: np.ndarray) -> None:
    images = strip.images.astype(int)
    np.testing.assert_allclose(images[[0, -1]], ends, atol=1)
    assert np.abs(ends[0].astype(int) - ends[1]).max() > 4
    from_start = np.abs(images - images[0]).sum(axis=(1, 2, 3))
    from_end = np.abs(images - images[-1]).sum(axis=(1, 2, 3))
    assert from_start[1] < from_start[-2]
    assert from_end[-2] < from_end[1]
    assert len({image.tobytes() for image in images}) == len(strip.captions) == figures.STEPS


def test_one_class_has_no_way_to_another():
    assert figures.between_classes(painter(1)) == []
    assert len(figures.between_seeds(painter(1))) == 1


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


# ---- curves -------------------------------------------------------------------------------------
HISTORY = [
    {"step": 50, "d_loss": 3.0, "d_class": 2.0, "g_loss": 1.0, "images_per_second": 9.0},
    {"step": 100, "d_loss": 2.0, "d_class": 1.5, "g_loss": 1.5, "seconds": 3.0},
    {"step": 100, "val_accuracy": 0.4, "val_reconstruction": 0.02},
    {"step": 100, "metric_kid_1k_val": 0.1},
    {"step": 100, "metric_precision_recall_1k_k3": 0.5,
     "metric_precision_recall_1k_k3.recall": 0.1},
    {"step": 200, "metric_kid_1k_val": 0.05},
]  # fmt: skip


def test_each_metric_has_its_own_axes_and_what_is_no_figure_has_none():
    panels = {panel.title: panel.lines for panel in curves.panels(HISTORY)}
    assert len(panels) == 6
    assert panels["kid_1k_val"] == {"kid": [(100, 0.1), (200, 0.05)]}
    assert panels["precision_recall_1k_k3"] == {
        "precision": [(100, 0.5)], "recall": [(100, 0.1)],
    }  # fmt: skip
    of_d = next(lines for title, lines in panels.items() if title.startswith("discriminator"))
    assert of_d == {"loss": [(50, 3.0), (100, 2.0)], "class": [(50, 2.0), (100, 1.5)]}


def test_what_is_drawn_are_the_lines_of_the_history():
    panels = curves.panels(HISTORY)
    figure = curves.drawn(panels)
    assert len(figure.axes) == len(panels)
    for panel, axes in zip(panels, figure.axes, strict=True):
        drawn = [list(zip(*line.get_data(), strict=True)) for line in axes.lines]
        assert drawn == list(panel.lines.values())
    assert png(figure).startswith(b"\x89PNG")


def test_all_terms_of_a_loss_have_their_names_inside_the_picture():
    terms = ("loss", "adversarial", "class", "reconstruction", "energy")  # as many as there are
    history = [{"step": step, **{f"g_{term}": 1.0 for term in terms}} for step in (1, 2)]
    figure = curves.drawn(curves.panels(history))
    figure.draw_without_rendering()
    (axes,) = figure.axes
    legend = axes.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == list(terms)
    assert legend.get_window_extent().x1 <= figure.bbox.x1
    assert axes.bbox.width > 0.7 * figure.bbox.width


def test_what_was_measured_once_is_told_and_no_curve():
    once = {panel.title: panel.once for panel in curves.panels(HISTORY)}
    assert once["held out: accuracy"] == "held out: accuracy 0.4 at step 100"
    assert once["precision_recall_1k_k3"].endswith("k3 precision 0.5, recall 0.1 at step 100")
    assert once["kid_1k_val"] == ""


def test_an_empty_history_has_no_curves():
    assert curves.panels([]) == []
