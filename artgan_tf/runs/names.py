"""Names of a GAN's variables, in every process and version the same.

Keras numbers its layers as they are made (`conv2d_7`), so that a name depends on what was built
before. Here a variable is named after the attributes that lead to it, as in
`averaged/blocks/0/norm/gamma`, and an optimizer's after the variable that it belongs to.
"""

import re
from collections.abc import Mapping

import keras

from artgan_tf.gan import GAN
from artgan_tf.layers import sublayers

NETWORKS = ("generator", "averaged", "discriminator")
Variables = Mapping[str, keras.Variable]


def variables(gan: GAN) -> dict[str, keras.Variable]:
    """All variables of a GAN, and of its optimizers where it has been compiled."""
    named = _by_attributes(gan)
    for kind in ("d_optimizer", "g_optimizer"):
        if hasattr(gan, kind):
            named |= _of_optimizer(kind, getattr(gan, kind), named)
    return named


def network(name: str) -> str:
    """Whose weight a variable is by its name; empty for what belongs to a training alone."""
    first = name.partition("/")[0]
    return first if first in NETWORKS and "/seed_generator/" not in name else ""


def by_place(gan: GAN) -> dict[str, keras.Variable]:
    """The same by the names that checkpoints of format 1 gave them: their place in a list."""
    networks = {name: getattr(gan, name).weights for name in NETWORKS}
    taken = {id(v) for weights in networks.values() for v in weights}
    groups = networks | {"state": [v for v in gan.variables if id(v) not in taken]}
    for kind in ("d_optimizer", "g_optimizer"):
        groups[kind] = getattr(gan, kind).variables if hasattr(gan, kind) else []
    return {f"{name}/{i}": v for name, group in groups.items() for i, v in enumerate(group)}


def _by_attributes(gan: GAN) -> dict[str, keras.Variable]:
    places: dict[int, str] = {}
    for place, holder in sublayers(gan):  # the innermost come last, and count
        own = [holder.state] if isinstance(holder, keras.random.SeedGenerator) else holder.variables
        places |= {id(v): f"{place}{v.name}" for v in own}
    named = {places[id(v)]: v for v in gan.variables}
    assert len(named) == len(gan.variables)
    return named


def _of_optimizer(
    kind: str, optimizer: keras.optimizers.Optimizer, named: Variables
) -> dict[str, keras.Variable]:
    """Each after the variable whose path Keras put before its own name."""
    before = {f"{v.path.replace('/', '_')}_": name for name, v in named.items()}
    found = {}
    for variable in optimizer.variables:
        path = max((p for p in before if variable.name.startswith(p)), key=len, default="")
        of = before[path] if path else re.sub(r"_\d+$", "", variable.path.partition("/")[0])
        found[f"{kind}/{of}/{variable.name.removeprefix(path)}"] = variable
    assert len(found) == len(optimizer.variables)
    return found
