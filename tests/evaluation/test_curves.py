"""Curves of a history: which figures get separate axes, and what they show."""

from artgan_tf.evaluation.report import curves
from artgan_tf.evaluation.report.pictures import png

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
    once = {panel.title: panel.once for panel in curves.panels(HISTORY)}
    assert once["held out: accuracy"] == "held out: accuracy 0.4 at step 100"
    assert once["precision_recall_1k_k3"].endswith("k3 precision 0.5, recall 0.1 at step 100")
    assert once["kid_1k_val"] == ""
    assert curves.panels([]) == []
    of_d = next(lines for title, lines in panels.items() if title.startswith("discriminator"))
    assert of_d == {"loss": [(50, 3.0), (100, 2.0)], "class": [(50, 2.0), (100, 1.5)]}


def test_what_is_drawn_are_the_lines_of_the_history():
    panels = curves.panels(HISTORY)
    figure = curves.draw(panels)
    assert len(figure.axes) == len(panels)
    for panel, axes in zip(panels, figure.axes, strict=True):
        drawn = [list(zip(*line.get_data(), strict=True)) for line in axes.lines]
        assert drawn == list(panel.lines.values())
    assert png(figure).startswith(b"\x89PNG")


def test_all_terms_of_a_loss_have_their_names_inside_the_picture():
    terms = ("loss", "adversarial", "class", "reconstruction", "energy")  # all of them
    history = [{"step": step, **{f"g_{term}": 1.0 for term in terms}} for step in (1, 2)]
    figure = curves.draw(curves.panels(history))
    figure.draw_without_rendering()
    (axes,) = figure.axes
    legend = axes.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == list(terms)
    assert legend.get_window_extent().x1 <= figure.bbox.x1
    assert axes.bbox.width > 0.7 * figure.bbox.width
