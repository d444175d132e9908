"""Finds and reads presets: TOML files of settings, given by name or path.

`extends = "other/preset"` inherits the settings of another preset.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfrecords_tools.common.errors import InputError, meant

STUDY = "first_study/"  # contains its own presets


def preset_folders() -> list[Path]:
    """Search path for presets: working directory, installed package, source tree."""
    package = Path(__file__).parent
    return [Path("experiments"), package / "presets", package.parent / "experiments"]


def preset_names() -> list[str]:
    """Sorted names of all presets on the search path, without those of the study."""
    names = set()
    for folder in preset_folders():
        names |= {p.relative_to(folder).with_suffix("").as_posix() for p in folder.rglob("*.toml")}
    return sorted(name for name in names if not name.startswith(STUDY))


def read_preset(preset: str, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    """Settings of a preset as nested dictionaries, merged over those of the preset it extends.

    Args:
        preset: a preset's name or the path of a TOML file.
        seen: presets that extend this one, to detect cycles.

    Raises InputError if a preset is missing, invalid or extends itself.
    """
    if preset in seen:
        raise InputError(f"Presets extend each other in a circle: {' -> '.join([*seen, preset])}.")
    path = _find_preset(preset)
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid TOML: {error}.") from None
    parent = tree.pop("extends", None)
    if parent is None:
        return tree
    if not isinstance(parent, str):
        raise InputError(f"{path}: extends = {parent!r} should be the name of one preset.")
    return _merge(read_preset(parent, (*seen, preset)), tree)


def _find_preset(preset: str) -> Path:
    candidates = [Path(preset)] + [folder / f"{preset}.toml" for folder in preset_folders()]
    for path in candidates:
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


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(base.get(key), dict)
        base[key] = _merge(base[key], value) if both else value
    return base
