"""Warnings about a training that goes wrong: once, with the figure and advice."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import numpy as np
import pytest

from artgan_tf.config import Config, RunError, resolve
from artgan_tf.runs.checkpoints import Checkpoints
from artgan_tf.training import signs
from artgan_tf.training.health import Health

STUDY = Path(__file__).resolve().parents[2] / "experiments/studies/class_critics/results.jsonl"
TRAINED = [json.loads(line) for line in STUDY.read_text(encoding="utf-8").splitlines()]
OVERFITS = {"accuracy": 0.4, "overfitting": 0.9}


def watching(config: Config) -> Health:
    return Health(config, create_autospec(Checkpoints, instance=True), lambda: None)


def told(tiny: Any, capsys: Any, rows: list[dict[str, float]], losses: list[float]) -> list[str]:
    """The warnings, given the result of each validation and D's class loss before it."""
    health = watching(tiny("critic"))
    for step, (row, loss) in enumerate(zip(rows, losses, strict=True)):
        health.of_losses(step, {"d_loss": 1.0, "d_class": loss})
        health.of_validation(step, row)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("rows", "losses", "warned"),
    [
        ([OVERFITS] * 6, [2.0] * 6, "Step 2: D places held-out images 90% of the way from"),
        ([OVERFITS, OVERFITS, {"accuracy": 0.4, "overfitting": 0.6}] * 3, [2.0] * 9, ""),
        ([OVERFITS | {"augment_strength": 0.9}] * 6, [2.0] * 6, ""),
        ([OVERFITS | {"augment_strength": 1.0}] * 6, [2.0] * 6, "Step 2: D places held-out"),
        (
            [{"accuracy": a} for a in (0.3, 0.5, 0.46, 0.46, 0.45)],
            [2.0, 0.5, 0.15, 0.15, 0.1],
            "Step 4: D's class loss is 0.10 and its held-out accuracy 45%, down from 50%:",
        ),
        ([{"accuracy": a} for a in (0.5, 0.46, 0.46, 0.46)], [0.3] * 4, ""),
        ([{"accuracy": a} for a in (0.5, 0.48, 0.48, 0.48)], [0.01] * 4, ""),
        (
            [{"accuracy": a} for a in (0.6, 0.45, 0.44, 0.43)],
            [0.9] * 4,
            "Step 3: D's class loss is 0.90 and its held-out accuracy 43%, down from 60%:",
        ),
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


@pytest.mark.parametrize(
    ("paper", "changes", "terms", "warned"),
    [
        ("improved", {}, {"d_real": 0.06, "d_fake": 0.04}, "is 7% of that of guessing"),
        ("improved", {}, {"d_real": 0.15, "d_fake": 0.13}, ""),
        (
            "critic",
            {"train__adversarial_loss": "relativistic"},
            {"d_real": 0.04},
            "is 6% of that of",
        ),
        ("critic", {"train__adversarial_loss": "hinge"}, {"d_real": 0.11, "d_fake": 0.11}, ""),
        ("artgan", {}, {"d_real": 0.06, "d_fake": 0.02}, ""),  # K + 1 units
    ],
)
def test_a_d_that_wins_for_long(
    paper: str, changes: Any, terms: dict[str, float], warned: str, tiny: Any, capsys: Any
) -> None:
    config = tiny(paper, log__history_every=100, **changes)
    health = watching(config)
    for step in range(100, 1_500, 100):
        lost = step in (400, 900)  # it must last for 500 steps in a row
        health.of_losses(step, {"d_loss": 1.0} | (dict.fromkeys(terms, 0.7) if lost else terms))
    sentences = capsys.readouterr().out.splitlines()
    assert len(sentences) == bool(warned)
    for sentence in sentences:
        assert sentence.startswith("Step 1400: D wins: ")
        assert warned in sentence
        assert "try discriminator.augment" in sentence


@pytest.mark.parametrize("stops", [False, True])
def test_a_loss_of_d_that_collapses(stops: bool, tiny: Any, capsys: Any) -> None:
    """It must last for 500 steps; the state is saved before a stop."""
    collapse = "stop" if stops else "warn"
    health = watching(tiny("artgan", train__on_collapse=collapse, log__history_every=100))
    for step in (100, 200, 300, 400):
        health.of_losses(step, {"d_loss": 0.001})
    if stops:
        with pytest.raises(RunError, match="Step 500: D's loss has been below"):
            health.of_losses(500, {"d_loss": 0.001})
        health.checkpoints.save.assert_called_once()  # type: ignore[attr-defined]
        return
    for step in (500, 600):
        health.of_losses(step, {"d_loss": 0.001})
    assert capsys.readouterr().out.count("Step 500: D's loss has been below") == 1


@pytest.mark.parametrize(
    ("within", "across", "warned"),
    [
        ([40, 45, 12, 44, 14, 13, 12], [40] * 7, "Step 5: the pictures of each class have become "
         "alike: they differ by 13 grey levels, down from 45 (a mode "
         "collapse)"),
        ([40] * 7, [30, 30, 30, 30, 30, 8, 7], "Step 6: the classes have become alike: they"),
        ([5, 10, 20, 40, 30, 20, 20], [3, 9, 30, 20, 20, 20, 20], ""),
    ],
)  # fmt: skip
def test_pictures_that_become_alike(
    within: list[int], across: list[int], warned: str, tiny: Any, capsys: Any
) -> None:
    health = watching(tiny("critic"))
    for step, (of_seeds, of_classes) in enumerate(zip(within, across, strict=True)):
        grid = np.full((4, 8, 2, 2, 3), 128.0)
        grid += np.array([-1, 1] * 2)[:, None, None, None, None] * of_classes
        grid += np.array([-1, 1] * 4)[None, :, None, None, None] * of_seeds
        health.of_grid(step, grid.clip(0, 255).astype(np.uint8))
    sentences = capsys.readouterr().out.splitlines()
    assert len(sentences) == bool(warned)
    assert all(sentence.startswith(warned) for sentence in sentences)


@pytest.mark.parametrize("run", TRAINED, ids=lambda run: run["run"])
def test_no_run_that_improved_would_have_been_warned(run: Any, tiny: Any, capsys: Any) -> None:
    """These runs improved up to their last step."""
    rows, losses, loss = [], [], 9.0
    config = resolve(run["preset"], run["settings"])
    for row in run["history"]:
        loss = row.get("d_class", loss)
        found = signs.balance(row, config)
        assert found is None or signs.BALANCED[0] <= found <= signs.BALANCED[1]
        if "val_accuracy" in row:
            rows.append({"accuracy": row["val_accuracy"]})
            losses.append(loss)
    assert rows
    assert told(tiny, capsys, rows, losses) == []
