"""Packs a run as `pretrained:NAME`: `python -m artgan_tf.sampling.pack RUN NAME`."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np

from artgan_tf.runs import pretrained
from artgan_tf.runs.checkpoint_file import write
from artgan_tf.runs.directory import RunDirectory
from artgan_tf.runs.load import load, load_gan
from artgan_tf.runs.names import network, variables
from artgan_tf.sampling.sheets import grid, select
from tfrecords_tools.common import files
from tfrecords_tools.common.sheet import named_grid

KEPT = ("averaged", "discriminator")  # the networks of a checkpoint to pack
FILES, METRICS = ("config.toml", "classes.txt"), "metrics.jsonl"
SHEET_COUNT = 10  # pictures of each class


def pack(run: Path, name: str) -> Path:
    """Pack a run's newest checkpoint, in float16, into the folder of `pretrained:NAME`.

    It replaces the checkpoint that was packed there before.

    Returns:
        The folder.
    """
    gan, _ = load_gan(RunDirectory(run))
    folder, step = pretrained.FOLDER / name, gan.steps_done
    made = folder / "checkpoints" / f"step-{step}.npz"
    # By the newest names, whatever the run's checkpoint has.
    named = {key: v for key, v in variables(gan).items() if network(key) in KEPT}
    write(made, {key: np.asarray(v, np.float16) for key, v in named.items()}, compressed=True)
    for each in FILES:
        shutil.copy(run / each, folder / each)
    results = _renamed(run / METRICS, name) if (run / METRICS).exists() else ""
    (folder / METRICS).write_text(results, encoding="utf-8")
    sampler = load(folder, step)
    sheet = grid(sampler, select(sampler, count=SHEET_COUNT))
    named_grid(sheet.images, sheet.names).save(folder / pretrained.SHEET, quality=90)
    # The card is written last, because a folder without one does not count as a generator.
    card = {"step": step, "sha256": files.sha256(made)}
    text = json.dumps(card, indent=1) + "\n"
    (folder / pretrained.CARD).write_text(text, encoding="utf-8")
    for older in set(made.parent.iterdir()) - {made}:
        older.unlink()
    return folder


def _renamed(metrics: Path, name: str) -> str:
    """A run's results under the name that its generator gets; real images keep theirs."""
    rows = map(json.loads, metrics.read_text(encoding="utf-8").splitlines())
    model = {"model": pretrained.PREFIX + name}
    return "".join(json.dumps(row | (model if row["weights"] else {})) + "\n" for row in rows)


if __name__ == "__main__":
    print(pack(Path(sys.argv[1]), sys.argv[2]))
