"""Stable names for a GAN's variables, the same in every process and version.

Keras numbers layers in order of creation (`conv2d_7`), so its names depend on what was built
before. Here a variable is named after the attributes that lead to it, as in
`averaged/blocks/0/norm/gamma`, and an optimizer's variable after the variable that it updates.
"""

import re
from collections.abc import Mapping

import keras

from artgan_tf.gan import GAN
from artgan_tf.layers import sublayers

NETWORKS = ("generator", "averaged", "discriminator")
Variables = Mapping[str, keras.Variable]


def variables(gan: GAN) -> dict[str, keras.Variable]:
    """Name -> variable for the GAN, and for its optimizers if it is compiled."""
    named = _by_attributes(gan)
    for kind in ("d_optimizer", "g_optimizer"):
        if hasattr(gan, kind):
            named |= _of_optimizer(kind, getattr(gan, kind), named)
    return named


def network(name: str) -> str:
    """The network a variable belongs to, by its name; empty for state that only training needs."""
    first = name.partition("/")[0]
    return first if first in NETWORKS and "/seed_generator/" not in name else ""


def by_place(gan: GAN) -> dict[str, keras.Variable]:
    """Name -> variable, named by position in a list as in checkpoints of format 1."""
    networks = {name: getattr(gan, name).weights for name in NETWORKS}
    taken = {id(v) for weights in networks.values() for v in weights}
    groups = networks | {"state": [v for v in gan.variables if id(v) not in taken]}
    for kind in ("d_optimizer", "g_optimizer"):
        groups[kind] = getattr(gan, kind).variables if hasattr(gan, kind) else []
    return {f"{name}/{i}": v for name, group in groups.items() for i, v in enumerate(group)}


def _by_attributes(gan: GAN) -> dict[str, keras.Variable]:
    places: dict[int, str] = {}
    for place, holder in sublayers(gan):  # the innermost holder comes last and wins
        own = [holder.state] if isinstance(holder, keras.random.SeedGenerator) else holder.variables
        places |= {id(v): f"{place}{v.name}" for v in own}
    named = {places[id(v)]: v for v in gan.variables}
    assert len(named) == len(gan.variables)
    return named


def _of_optimizer(
    kind: str, optimizer: keras.optimizers.Optimizer, named: Variables
) -> dict[str, keras.Variable]:
    """Name an optimizer's variables after the GAN variables whose paths prefix their names."""
    before = {f"{v.path.replace('/', '_')}_": name for name, v in named.items()}
    found = {}
    for variable in optimizer.variables:
        path = max((p for p in before if variable.name.startswith(p)), key=len, default="")
        of = before[path] if path else re.sub(r"_\d+$", "", variable.path.partition("/")[0])
        found[f"{kind}/{of}/{variable.name.removeprefix(path)}"] = variable
    assert len(found) == len(optimizer.variables)
    return found
