"""Settings of earlier versions, which stored configurations still have."""

from typing import Any

from artgan_tf.config import InputError

RENAMED = {("train", "critic"): "adversarial_loss"}
# Their values when off, which every older configuration lists.
GONE = {
    ("discriminator", "noise_decay_steps"): 0,
    ("discriminator", "label_smoothing"): 0.0,
    ("model", "critic"): "global",
}


def bring_up_to_date(tree: dict[str, Any], file: object) -> None:
    """Rename and remove former settings in a configuration's sections, in place.

    Raises InputError, which names `file`, for a setting that was on and is gone.
    """
    # `config.from_tree` tells of a section that is none.
    sections = {name: part for name, part in tree.items() if isinstance(part, dict)}
    for (section, name), now in RENAMED.items():
        if name in sections.get(section, {}):
            sections[section].setdefault(now, sections[section].pop(name))
    for (section, name), off in GONE.items():
        value = sections.get(section, {}).pop(name, off)
        if value != off:
            raise InputError(
                f"{file} has {name} = {value!r}, which this version cannot do: delete that line to "
                f"go on without it."
            )
