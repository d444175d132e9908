"""What a training step of each preset computes and tells other GPUs, counted and kept in a file.

    python -m experiments.counts [PRESET ...]

writes `scaling.json`, from which `python -m experiments.scaling` makes its page.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import tyro

from artgan_tf import cli
from artgan_tf.config import resolve
from artgan_tf.preset_files import preset_names
from experiments.costs import cost

FILE = Path(__file__).with_name("scaling.json")


def main(presets: tyro.conf.Positional[tuple[str, ...]] = ()) -> None:
    """Count all presets, or those named, and leave the others in the file as they are."""
    cli.start_tensorflow()
    for preset in presets or preset_names():
        known = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
        known[preset] = counted(preset)
        FILE.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        print(preset, known[preset])


def counted(preset: str) -> dict[str, int]:
    """Of one step: parameters, multiplications an image, calls of batch norm and their channels."""
    with _batch_norms() as channels:
        generator, discriminator, multiplications = cost(resolve(preset))
    return {
        "generator": generator,
        "discriminator": discriminator,
        "multiplications": round(multiplications),
        "norms": len(channels),
        "channels": sum(channels),
    }


@contextmanager
def _batch_norms() -> Iterator[list[int]]:
    """Channels of each call of batch norm in training, as the step is traced."""
    from artgan_tf.fast import BatchNormalization

    calls: list[int] = []
    call = BatchNormalization.call

    def counting(self, inputs, training=None, mask=None):
        if training:
            calls.append(inputs.shape[-1])
        return call(self, inputs, training=training, mask=mask)

    with mock.patch.object(BatchNormalization, "call", counting):
        yield calls


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    cli.main(main, "python -m experiments.counts")
