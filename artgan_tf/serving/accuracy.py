"""How often a run's D names the class of held-out images, as far as that was measured."""

from pathlib import Path
from typing import TypedDict

from artgan_tf.evaluation import results
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.pretrained import locate, workplace

METRIC, VALUE, IN_TRAINING = "d_accuracy_val", "accuracy", "val_accuracy"


class Accuracy(TypedDict):
    """A share from 0 to 1, of so many images; 0 where their number was not noted."""

    value: float
    count: int


def held_out(run_dir: Path | str, step: int) -> Accuracy | None:
    """The accuracy at a step: as `evaluate` measured it, or else the training on its way there.

    Args:
        run_dir: the run's directory, or `pretrained:NAME`.
        step: of the checkpoint.

    Returns:
        None where neither did.
    """
    return _evaluated(run_dir, step) or _trained(RunDirectory(locate(run_dir)), step)


def _evaluated(run_dir: Path | str, step: int) -> Accuracy | None:
    folders = dict.fromkeys((locate(run_dir), workplace(run_dir)))  # the latter has later ones
    found = [each for folder in folders for each in results.read(folder / "metrics.jsonl")]
    fitting = [each for each in found if (each.metric, each.step) == (METRIC, step)]
    if not fitting:
        return None
    return {"value": fitting[-1].values[VALUE], "count": fitting[-1].real}


def _trained(run: RunDirectory, step: int) -> Accuracy | None:
    rows = [row for row in run.history() if IN_TRAINING in row and row["step"] <= step]
    return {"value": rows[-1][IN_TRAINING], "count": 0} if rows else None
