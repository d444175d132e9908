"""Finds and reads presets: TOML files of settings.

A name means the preset of the package. A file of your own is given by its path, or, in the working
directory's `experiments/`, by a name that no packaged preset has.
"""

import tomllib
import warnings
from pathlib import Path
from typing import Any

from artgan_tf.overrides import merge
from tfrecords_tools.common.errors import InputError, meant

_PACKAGE = Path(__file__).parent
_SHIPPED = _PACKAGE / "presets"  # a checkout has none
PACKAGED = _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent / "experiments"
OWN = Path("experiments")  # in the working directory


def preset_names() -> list[str]:
    """Sorted names of the presets of the package and of the working directory."""
    files = ((folder, file) for folder in (PACKAGED, OWN) for file in folder.rglob("*.toml"))
    return sorted({file.relative_to(at).with_suffix("").as_posix() for at, file in files})


def read_preset(preset: str, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    """Settings of a preset as nested dictionaries, merged over those of the preset it extends.

    `seen` are the presets that extend this one.
    Raises InputError if a preset is missing, invalid or extends itself.
    """
    if preset in seen:
        raise InputError(f"Presets extend each other in a circle: {' -> '.join([*seen, preset])}.")
    path = _find_preset(preset)
    own = OWN / f"{preset}.toml"
    if not seen and path.is_relative_to(PACKAGED) and _differs(own, path):
        warnings.warn(f"{preset} is the packaged preset; for your own say {own}.", stacklevel=2)
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid TOML: {error}.") from None
    parent = tree.pop("extends", None)
    if not isinstance(parent, str | None):
        raise InputError(f"{path}: extends = {parent!r} should be the name of one preset.")
    return merge({} if parent is None else read_preset(parent, (*seen, preset)), tree)


def _differs(own: Path, packaged: Path) -> bool:
    return own.is_file() and own.read_bytes() != packaged.read_bytes()


def _find_preset(preset: str) -> Path:
    for path in (Path(preset), PACKAGED / f"{preset}.toml", OWN / f"{preset}.toml"):
        if path.suffix == ".toml" and path.is_file():
            return path
    if (Path(preset) / "config.toml").is_file():
        raise InputError(f"{preset} is a run, not a preset: repeat the command that started it.")
    if Path(preset).is_dir():
        raise InputError(f"{preset} is a folder, not a preset: use fit --data {preset}.")
    hint = meant(preset, preset_names())
    raise InputError(
        f"There is no preset {preset!r}{hint}: name a TOML file or a preset listed by fit --help."
    )
