"""Detects what goes wrong in training and reports each fault once, with its figure and a cure."""

import math
from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
from tqdm import tqdm

from artgan_tf.config import Config, RunError
from artgan_tf.runs.checkpoints import Checkpoints
from artgan_tf.training import signs

COLLAPSED_LOSS, COLLAPSED_STEPS = 0.01, 500
# D overfits if one of these holds at VALIDATIONS validations in a row: r_v exceeds
# `signs.OVERFITTING`; D's training class loss is below LEARNT_LOSS and its held-out accuracy has
# fallen by more than FALLEN from its best; or the accuracy has fallen by more than FALLEN_FAR,
# whatever the loss.  No run in `experiments` meets these conditions: the longest, which still
# improved, ended with a loss of 0.26 and its best accuracy; the demo's loss falls to 0.003, but it
# classifies all held-out images correctly, and r_v is 0.  With 300 paintings (32 pixels, width
# 0.125) r_v was 1 from step 100 to 1,800, where the loss was 0.16.
VALIDATIONS, LEARNT_LOSS, FALLEN, FALLEN_FAR = 3, 0.2, 0.03, 0.1
GRIDS = 2  # sample grids in a row with little variety
AUGMENT = "discriminator.augment, more discriminator.dropout, or more images"


class Health:
    """Stops a run that cannot continue, and warns once of each fault.

    Before a stop, `settle` brings the state up to the last step, for `checkpoints` to save.
    """

    def __init__(self, config: Config, checkpoints: Checkpoints, settle: Callable[[], None]):
        self.config, self.checkpoints, self.settle = config, checkpoints, settle
        self.class_loss, self.best_accuracy = math.inf, 0.0
        self.most = {"within": 0.0, "across": 0.0}
        self.lasting: Counter[str] = Counter()  # how long each sign has lasted
        self.reported: set[str] = set()

    def of_losses(self, step: int, means: Mapping[str, float]) -> None:
        """Check the mean losses of the last steps.

        Raises RunError if one is not finite, or D's has collapsed with `train.on_collapse=stop`.
        """
        if bad := [name for name, value in means.items() if not math.isfinite(value)]:
            self.settle()
            raise self.checkpoints.not_finite(", ".join(bad))
        self.class_loss, every = means.get("d_class", math.inf), self.config.log.history_every
        if self._lasts("collapse", means["d_loss"] < COLLAPSED_LOSS, every) >= COLLAPSED_STEPS:
            self._report_collapse(step)
        balance = signs.balance(means, self.config)
        won = balance is not None and balance < signs.WON
        if self._lasts("won", won, every) >= COLLAPSED_STEPS and "collapse" not in self.reported:
            self._report(
                "won",
                f"Step {step}: D wins: its loss of real and fake is {balance:.0%} of that of "
                f"guessing (healthy runs: {signs.BALANCED[0]:.0%} or more), and G learns nothing "
                f"from it; try {AUGMENT}.",
            )

    def of_validation(self, step: int, row: Mapping[str, float]) -> None:
        """Check the figures of a validation: `accuracy`, and `overfitting` if it was measured."""
        found = [sign for sign in (self._of_critic(row), self._of_classes(row)) if sign]
        if self._lasts("overfitting", bool(found)) >= VALIDATIONS:
            sentence = f"{found[0]}: D overfits; try {AUGMENT}."
            self._report("overfitting", f"Step {step}: {sentence}")

    def of_grid(self, step: int, grid: np.ndarray) -> None:
        """Check the variety of a sample grid, uint8 [classes, seeds, H, W, 3]."""
        what = {"within": "The pictures of each class", "across": "The classes"}
        for (kind, words), now in zip(what.items(), signs.variety(grid), strict=True):
            if now is None:
                continue
            most = self.most[kind] = max(self.most[kind], now)
            if self._lasts(kind, now < signs.ALIKE * most) >= GRIDS:
                self._report(
                    kind,
                    f"Step {step}: {words[0].lower()}{words[1:]} have become alike: they differ by "
                    f"{now:.0f} grey levels, down from {most:.0f} (a mode collapse); continue "
                    f"from an earlier checkpoint (fit --init RUN --checkpoint STEP), or try "
                    f"train.energy_weight.",
                )

    def _of_critic(self, row: Mapping[str, float]) -> str:
        # No warning while adaptive augmentation can still grow stronger.
        grows = row.get("augment_strength", 1.0) < 1.0
        if grows or row.get("overfitting", 0.0) <= signs.OVERFITTING:
            return ""
        part = f"{row['overfitting']:.0%} of the way from training images to fakes"
        return f"D places held-out images {part}"

    def _of_classes(self, row: Mapping[str, float]) -> str:
        self.best_accuracy = max(self.best_accuracy, row["accuracy"])
        fallen = self.best_accuracy - row["accuracy"]
        if fallen <= (FALLEN if self.class_loss < LEARNT_LOSS else FALLEN_FAR):
            return ""
        now = f"{row['accuracy']:.0%}, down from {self.best_accuracy:.0%}"
        return f"D's class loss is {self.class_loss:.2f} and its held-out accuracy {now}"

    def _report_collapse(self, step: int) -> None:
        sentence = (
            f"Step {step}: D's loss has been below {COLLAPSED_LOSS} for {self.lasting['collapse']} "
            f"steps and teaches G nothing any more; try discriminator.noise, dropout or augment."
        )
        if "collapse" not in self.reported and self.config.train.on_collapse == "stop":
            self.settle()
            self.checkpoints.save()
            raise RunError(sentence)
        self._report("collapse", sentence)

    def _lasts(self, sign: str, there: bool, more: int = 1) -> int:
        self.lasting[sign] = (self.lasting[sign] + more) if there else 0
        return self.lasting[sign]

    def _report(self, kind: str, sentence: str) -> None:
        if kind not in self.reported:
            self.reported.add(kind)
            tqdm.write(sentence)
