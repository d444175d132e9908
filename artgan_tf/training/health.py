"""What goes wrong in training: losses that are no numbers, a D that wins, one that overfits."""

import math
from collections.abc import Mapping

from tqdm import tqdm

from artgan_tf.config import Config, RunError
from artgan_tf.runs.checkpoints import Checkpoints

COLLAPSED_LOSS, COLLAPSED_STEPS = 0.01, 500
OVERFITTING, VALIDATIONS = 0.7, 3  # r_v, and at how many validations in a row
LEARNT_LOSS, FALLEN = 0.1, 0.02  # D's class loss in training; held-out accuracy below its best


class Health:
    """Stops a run that cannot go on, and tells once of one that learns nothing any more.

    Args:
        config: of the run.
        checkpoints: where the state of a run that is stopped goes.
    """

    def __init__(self, config: Config, checkpoints: Checkpoints):
        self.config, self.checkpoints = config, checkpoints
        self.collapsed_for = self.overfitted_for = 0
        self.class_loss, self.best_accuracy = math.inf, 0.0
        self.told: set[str] = set()

    def of_losses(self, step: int, means: Mapping[str, float]) -> None:
        """Look at the means of the last steps' losses; raises RunError."""
        if bad := [name for name, value in means.items() if not math.isfinite(value)]:
            path = self.checkpoints.save_apart(f"not-finite-{step}")
            raise RunError(
                f"Step {step}: {', '.join(bad)} is no longer a number, the state lies in {path}; "
                f"go on from the last good checkpoint in a new run with a lower learning rate or "
                f"in float32."
            )
        self.class_loss = means.get("d_class", math.inf)
        collapsed = means["d_loss"] < COLLAPSED_LOSS
        self.collapsed_for = self.collapsed_for + self.config.log.history_every if collapsed else 0
        if self.collapsed_for >= COLLAPSED_STEPS:
            self._tell_of_collapse(step)

    def of_validation(self, step: int, row: Mapping[str, float]) -> None:
        """Look at what a validation measured: `accuracy`, and `overfitting` where that is known."""
        self._look_at_classes(step, row["accuracy"])
        # While augmentation still grows stronger, something is being done about it.
        over = row.get("overfitting", 0.0) > OVERFITTING and row.get("augment_strength", 1.0) == 1.0
        self.overfitted_for = self.overfitted_for + 1 if over else 0
        if self.overfitted_for >= VALIDATIONS:
            self._tell_of_overfitting(
                step,
                f"held-out images look to D {row['overfitting']:.0%} of the way from training "
                f"images to fakes",
            )

    def _look_at_classes(self, step: int, accuracy: float) -> None:
        self.best_accuracy = max(self.best_accuracy, accuracy)
        if self.class_loss < LEARNT_LOSS and accuracy < self.best_accuracy - FALLEN:
            self._tell_of_overfitting(
                step,
                f"D's class loss is {self.class_loss:.3f}, and of held-out images it names "
                f"{accuracy:.0%}, after {self.best_accuracy:.0%}",
            )

    def _tell_of_overfitting(self, step: int, sign: str) -> None:
        self._tell(
            "overfitting",
            f"Step {step}: {sign}: it learns the training images by heart; try "
            f"discriminator.augment, more discriminator.dropout, or more images.",
        )

    def _tell_of_collapse(self, step: int) -> None:
        sentence = (
            f"Step {step}: D's loss has been below {COLLAPSED_LOSS} for {self.collapsed_for} "
            f"steps and teaches G nothing any more; try discriminator.noise, dropout or augment."
        )
        if "collapse" not in self.told and self.config.train.on_collapse == "stop":
            self.checkpoints.save()
            raise RunError(sentence)
        self._tell("collapse", sentence)

    def _tell(self, kind: str, sentence: str) -> None:
        if kind not in self.told:
            self.told.add(kind)
            tqdm.write(sentence)
