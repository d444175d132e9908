"""The networks of a checkpoint, for a GAN that paints or starts from them."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from artgan_tf.gan import GAN
from artgan_tf.runs.checkpoint_file import Saved, Unusable
from artgan_tf.runs.checkpoints import choose
from artgan_tf.runs.names import network
from artgan_tf.runs.steps import Which

Wanted = dict[str, tuple[keras.Variable, str]]  # by our name: a variable, and the file's name


@dataclass(frozen=True)
class Loaded:
    """What was taken over.

    Attributes:
        step: of the checkpoint.
        partly: the variables that were not wholly taken over; none between equal classes.
    """

    step: int
    partly: list[str]


def load_networks(gan: GAN, folder: Path, which: Which = "latest") -> Loaded:
    """Put G, its EMA and D of a checkpoint in `folder` into a GAN of the same tables.

    The other run may have had other classes: then what belongs to a class (the rows of G's first
    layer beyond z, D's last layer) stays as it was initialised.

    Raises InputError where there is no checkpoint of such networks.
    """
    saved = choose(folder, which, lambda found: _check(found, gan))
    wanted, partly = _wanted(saved, gan), []
    for name, (variable, theirs) in wanted.items():
        # In G the classes follow z, if there is z.
        z = 0 if name.startswith("discriminator/") else variable.shape[0] - gan.num_classes
        if not _take(variable, saved.arrays[theirs], max(0, z)):
            partly.append(variable.path)
    return Loaded(saved.step, partly)


def _wanted(saved: Saved, gan: GAN) -> Wanted:
    found = {}
    for name, variable in saved.variables(gan).items():
        # The averaged one is the only generator of a pretrained one.
        alone = network(name) == "generator" and name not in saved.arrays
        if network(name):
            found[name] = variable, name.replace("generator", "averaged", 1) if alone else name
    return found


def _check(saved: Saved, gan: GAN) -> None:
    """Raises Unusable where a network is another one, but for its classes."""
    wanted, more = _wanted(saved, gan), {}
    for variable, name in wanted.values():
        if name not in saved.arrays:
            raise Unusable(f"it has no {name}: it is damaged, or of other networks")
        ours, theirs = tuple(variable.shape), saved.arrays[name].shape
        if ours != theirs:
            axes = _differing(ours, theirs)
            if len(axes) != 1:
                raise Unusable(f"its {name} has shape {theirs}, not {ours}")
            more[name] = theirs[axes[0]] - ours[axes[0]]
    # Other classes show in each network, by one number: else it is not the classes.
    if more and (len(set(more.values())) > 1 or len({n.partition("/")[0] for n in more}) < 2):
        name = next(iter(more))
        raise Unusable(f"its {name} has shape {saved.arrays[name].shape}, which is damaged")


def _differing(ours: tuple[int, ...], theirs: tuple[int, ...]) -> list[int]:
    if len(ours) != len(theirs):
        return []
    return [axis for axis, pair in enumerate(zip(ours, theirs, strict=True)) if len(set(pair)) > 1]


def _take(variable: keras.Variable, value: np.ndarray, kept: int) -> bool:
    """Assign the value; where one axis counts classes, only its first `kept` entries."""
    shape = tuple(variable.shape)
    if shape == value.shape:
        variable.assign(value)
        return True
    (axis,) = _differing(shape, value.shape)
    part = (*[slice(None)] * axis, slice(min(kept, value.shape[axis])))
    merged = np.array(variable)
    merged[part] = value[part]
    variable.assign(merged)
    return False
