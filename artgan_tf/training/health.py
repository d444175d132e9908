"""What goes wrong in training: losses that are no numbers, a D that wins, one that overfits."""

import math
from collections.abc import Callable, Mapping

from tqdm import tqdm

from artgan_tf.config import Config, RunError
from artgan_tf.runs.checkpoints import Checkpoints

COLLAPSED_LOSS, COLLAPSED_STEPS = 0.01, 500
# At so many validations in a row either r_v is above this, or D's class loss in training below and
# its held-out accuracy by more than this below its best.  No run in `experiments` is there: the
# longest, which still improved, ended with a loss of 0.26 and its best accuracy; the demo's loss
# falls to 0.003, but it names all held-out images, and r_v is 0.  With 300 paintings (32 pixels,
# width 0.125) r_v was 1 from step 100 to 1,800, where the loss was 0.16.
VALIDATIONS, OVERFITTING, LEARNT_LOSS, FALLEN = 3, 0.7, 0.2, 0.03


class Health:
    """Stops a run that cannot go on, and tells once of one that learns nothing any more.

    Args:
        config: of the run.
        checkpoints: where the state of a run that is stopped goes.
        settle: brings that state up to the last step.
    """

    def __init__(self, config: Config, checkpoints: Checkpoints, settle: Callable[[], None]):
        self.config, self.checkpoints, self.settle = config, checkpoints, settle
        self.collapsed_for = self.overfitted_for = 0
        self.class_loss, self.best_accuracy = math.inf, 0.0
        self.told: set[str] = set()

    def of_losses(self, step: int, means: Mapping[str, float]) -> None:
        """Look at the means of the last steps' losses; raises RunError."""
        if bad := [name for name, value in means.items() if not math.isfinite(value)]:
            self.settle()
            raise self.checkpoints.not_finite(", ".join(bad))
        self.class_loss = means.get("d_class", math.inf)
        collapsed = means["d_loss"] < COLLAPSED_LOSS
        self.collapsed_for = self.collapsed_for + self.config.log.history_every if collapsed else 0
        if self.collapsed_for >= COLLAPSED_STEPS:
            self._tell_of_collapse(step)

    def of_validation(self, step: int, row: Mapping[str, float]) -> None:
        """Look at what a validation measured: `accuracy`, and `overfitting` where that is known."""
        signs = [sign for sign in (self._of_critic(row), self._of_classes(row)) if sign]
        self.overfitted_for = self.overfitted_for + 1 if signs else 0
        if self.overfitted_for >= VALIDATIONS:
            self._tell(
                "overfitting",
                f"Step {step}: {signs[0]}: D learns the training images by heart; try "
                f"discriminator.augment, more discriminator.dropout, or more images.",
            )

    @staticmethod
    def _of_critic(row: Mapping[str, float]) -> str:
        # While augmentation still grows stronger, something is being done about it.
        grows = row.get("augment_strength", 1.0) < 1.0
        if grows or row.get("overfitting", 0.0) <= OVERFITTING:
            return ""
        part = f"{row['overfitting']:.0%} of the way from training images to fakes"
        return f"to D held-out images are {part}"

    def _of_classes(self, row: Mapping[str, float]) -> str:
        self.best_accuracy = max(self.best_accuracy, row["accuracy"])
        fallen = self.best_accuracy - row["accuracy"] > FALLEN
        if not fallen or self.class_loss >= LEARNT_LOSS:
            return ""
        now = f"{row['accuracy']:.0%} of held-out images, after {self.best_accuracy:.0%}"
        return f"D's class loss is {self.class_loss:.2f} and it names {now}"

    def _tell_of_collapse(self, step: int) -> None:
        sentence = (
            f"Step {step}: D's loss has been below {COLLAPSED_LOSS} for {self.collapsed_for} "
            f"steps and teaches G nothing any more; try discriminator.noise, dropout or augment."
        )
        if "collapse" not in self.told and self.config.train.on_collapse == "stop":
            self.settle()
            self.checkpoints.save()
            raise RunError(sentence)
        self._tell("collapse", sentence)

    def _tell(self, kind: str, sentence: str) -> None:
        if kind not in self.told:
            self.told.add(kind)
            tqdm.write(sentence)
