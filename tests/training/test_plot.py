"""`losses.png`: the figures shown, their legibility, and no empty panel."""

from typing import Any

import pytest

from artgan_tf.training import plot

LOSSES = {"d_loss": 2.0, "d_real": 0.6, "d_fake": 0.6, "g_loss": 1.0}
LOSSES |= {"d_class": 2.0, "d_reconstruction": 0.1, "d_penalty": 0.1}
HISTORY: list[dict[str, float]] = [
    {"step": 100, **LOSSES},
    {"step": 200, **LOSSES},
    {"step": 200, "val_accuracy": 0.3, "val_overfitting": 0.2},
]


@pytest.mark.parametrize(
    ("paper", "rows", "titles"),
    [
        ("improved", HISTORY[:1], ["D against G", "D's loss", "G's loss"]),
        ("artgan", HISTORY[:1], ["D's loss", "G's loss"]),
        ("critic", HISTORY, ["D against G", "D's loss", "G's loss", "Held-out", "Overfitting"]),
        ("critic", [{"step": 8, "metric_kid_1k_val": 0.1}], []),
    ],
)
def test_there_is_a_panel_for_what_there_is(
    paper: str, rows: Any, titles: list[str], tiny: Any
) -> None:
    shown = plot.plots(rows, tiny(paper), 4)
    assert len(shown) == len(titles)
    assert all(panel.title.startswith(title) for panel, title in zip(shown, titles, strict=True))
    assert all(points for panel in shown for points in panel.lines.values())


def test_each_panel_says_how_to_read_it_and_shows_what_is_healthy(tiny: Any) -> None:
    shown = plot.plots(HISTORY, tiny("improved"), 4)
    figure = plot.draw(shown)
    figure.draw_without_rendering()
    for panel, axes in zip(shown, figure.axes, strict=True):
        assert panel.reading in [text.get_text() for text in axes.texts]
        assert [patch.get_label() for patch in axes.patches] == ["healthy runs"] * bool(
            panel.healthy
        )
        legend = axes.get_legend().get_window_extent()
        assert legend.x1 <= figure.bbox.x1
        assert legend.x0 >= axes.bbox.x1  # it covers no curve, and no title
        ticks = [label.get_window_extent() for label in axes.get_xticklabels()]
        assert max(tick.x1 for tick in ticks) <= figure.bbox.x1
    balance = dict(shown[0].lines["balance"])
    assert balance == {100: pytest.approx(0.866, abs=1e-3), 200: pytest.approx(0.866, abs=1e-3)}
    assert "from 25% by guessing" in shown[3].reading


def test_of_one_class_no_accuracy_is_shown(tiny: Any) -> None:
    titles = [panel.title for panel in plot.plots(HISTORY, tiny("critic"), 1)]
    assert "Overfitting of D" in titles
    assert not [title for title in titles if title.startswith("Held-out images")]
