"""A run that has been saved, but not trained."""

from pathlib import Path

import tomli_w

from artgan_tf.config import resolve, to_tree
from artgan_tf.papers import build_gan
from artgan_tf.runs.checkpoints import Checkpoints
from artgan_tf.runs.directory import RunDirectory
from tests.conftest import PRESETS, tiny_overrides

NAMES = ["oak", "elm", "ash"]


def save_untrained(paper: str, folder: Path) -> RunDirectory:
    """Write a tiny run of the classes `NAMES`, with a checkpoint of step 6."""
    config = resolve(PRESETS[paper], tiny_overrides(paper, "none"))
    gan = build_gan(config, len(NAMES))
    gan.compile()
    gan.step.assign(6)
    run = RunDirectory(folder)
    run.path.mkdir()
    run.config_file.write_text(tomli_w.dumps(to_tree(config)))
    run.classes_file.write_text("".join(f"{name}\n" for name in NAMES))
    Checkpoints(gan, run.checkpoints).save()
    return run
