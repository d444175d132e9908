"""Loads the networks of a checkpoint into a GAN, for sampling or as initial weights."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from artgan_tf.gan import GAN
from artgan_tf.runs.checkpoint_file import Saved, Unusable
from artgan_tf.runs.checkpoints import choose
from artgan_tf.runs.names import network
from artgan_tf.runs.steps import Which

Wanted = dict[str, tuple[keras.Variable, str]]  # our name -> variable and name in the file


@dataclass(frozen=True)
class Loaded:
    """The step of the loaded checkpoint, and variables loaded in part, as the classes differ."""

    step: int
    partly: list[str]


def load_networks(gan: GAN, folder: Path, which: Which = "latest") -> Loaded:
    """Load G, its EMA and D from a checkpoint in `folder` into a GAN with the same layer tables.

    If the number of classes differs, weights that belong to a class (the rows of G's first layer
    after those of z, D's last layer) keep their initial values. Raises InputError if there is no
    checkpoint, or none of such networks.
    """
    saved = choose(folder, which, lambda found: _check(found, gan))
    wanted, partly = _wanted(saved, gan), []
    for name, (variable, theirs) in wanted.items():
        # G's input is z, if there is one, followed by the classes; all of D's last layer is theirs.
        classes = None if name.startswith("discriminator/") else gan.num_classes
        if not _assign(variable, saved.arrays[theirs], classes):
            partly.append(variable.path)
    return Loaded(saved.step, partly)


def _wanted(saved: Saved, gan: GAN) -> Wanted:
    found = {}
    for name, variable in saved.variables(gan).items():
        # A pretrained checkpoint has the averaged generator only.
        alone = network(name) == "generator" and name not in saved.arrays
        if network(name):
            found[name] = variable, name.replace("generator", "averaged", 1) if alone else name
    return found


def _check(saved: Saved, gan: GAN) -> None:
    """Raises Unusable if the networks differ in more than the number of classes."""
    wanted, more = _wanted(saved, gan), {}
    for variable, name in wanted.values():
        if name not in saved.arrays:
            raise Unusable(f"it has no {name}: it is damaged, or from other networks")
        ours, theirs = tuple(variable.shape), saved.arrays[name].shape
        if ours != theirs:
            axes = _differing(ours, theirs)
            if len(axes) != 1:
                raise Unusable(f"its {name} has shape {theirs}, not {ours}")
            more[name] = theirs[axes[0]] - ours[axes[0]]
    # A different number of classes changes several networks, all by the same amount.
    if more and (len(set(more.values())) > 1 or len({n.partition("/")[0] for n in more}) < 2):
        name = next(iter(more))
        raise Unusable(f"its {name} has shape {saved.arrays[name].shape}, so it is damaged")


def _differing(ours: tuple[int, ...], theirs: tuple[int, ...]) -> list[int]:
    if len(ours) != len(theirs):
        return []
    return [axis for axis, pair in enumerate(zip(ours, theirs, strict=True)) if len(set(pair)) > 1]


def _assign(variable: keras.Variable, value: np.ndarray, classes: int | None) -> bool:
    """Assign a value; returns whether all of it.

    If an axis differs, the variable's last `classes` entries of it keep their values, or all.
    """
    shape = tuple(variable.shape)
    if shape == value.shape:
        variable.assign(value)
        return True
    (axis,) = _differing(shape, value.shape)
    kept = 0 if classes is None else shape[axis] - classes
    part = (*[slice(None)] * axis, slice(kept))
    merged = np.array(variable)
    merged[part] = value[part]
    variable.assign(merged)
    return False
