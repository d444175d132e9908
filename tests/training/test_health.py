"""When a run is told that its D overfits, and that it is told once."""

import json
from pathlib import Path
from typing import Any

import pytest

from artgan_tf.training.health import Health

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"
HISTORIES = sorted(EXPERIMENTS.rglob("history.jsonl"))
OVERFITS = {"accuracy": 0.4, "overfitting": 0.9}


def told(tiny: Any, capsys: Any, rows: list[dict[str, float]], losses: list[float]) -> list[str]:
    """The sentences, for what each validation measured and D's class loss before it."""
    health = Health(tiny("critic"), None, lambda: None)  # type: ignore[arg-type]
    for step, (row, loss) in enumerate(zip(rows, losses, strict=True)):
        health.of_losses(step, {"d_loss": 1.0, "d_class": loss})
        health.of_validation(step, row)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("rows", "losses", "warned"),
    [
        ([OVERFITS] * 6, [2.0] * 6, "Step 2: to D held-out images are 90% of the way from"),
        ([OVERFITS, OVERFITS, {"accuracy": 0.4, "overfitting": 0.6}] * 3, [2.0] * 9, ""),
        ([OVERFITS | {"augment_strength": 0.9}] * 6, [2.0] * 6, ""),
        ([OVERFITS | {"augment_strength": 1.0}] * 6, [2.0] * 6, "Step 2: to D held-out"),
        (
            [{"accuracy": a} for a in (0.3, 0.5, 0.46, 0.46, 0.45)],
            [2.0, 0.5, 0.15, 0.15, 0.1],
            "Step 4: D's class loss is 0.10 and it names 45% of held-out images, after 50%:",
        ),
        ([{"accuracy": a} for a in (0.5, 0.46, 0.46, 0.46)], [0.3] * 4, ""),
        ([{"accuracy": a} for a in (0.5, 0.48, 0.48, 0.48)], [0.01] * 4, ""),
    ],
)
def test_it_is_told_once_and_what_to_do(
    rows: list[dict[str, float]], losses: list[float], warned: str, tiny: Any, capsys: Any
) -> None:
    sentences = told(tiny, capsys, rows, losses)
    assert len(sentences) == bool(warned)
    for sentence in sentences:
        assert sentence.startswith(warned)
        assert sentence.endswith(
            "discriminator.augment, more discriminator.dropout, or more images."
        )


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.parent.name)
def test_no_run_of_the_studies_would_have_been_warned(file: Path, tiny: Any, capsys: Any) -> None:
    """They improved to their last step."""
    assert len(HISTORIES) > 40
    rows, losses, loss = [], [], 9.0
    for row in map(json.loads, file.read_text().splitlines()):
        loss = row.get("d_class", loss)
        if "val_accuracy" in row:
            rows.append({"accuracy": row["val_accuracy"]})
            losses.append(loss)
    assert rows
    assert told(tiny, capsys, rows, losses) == []
