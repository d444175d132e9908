"""Opens the source named by a SPEC (`kind:value`)."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from artgan_tf.config import Data, InputError
from artgan_tf.data.arrays import open_arrays
from artgan_tf.data.demo import open_demo
from artgan_tf.data.folder import open_folder
from artgan_tf.data.source import Source
from tfrecords_tools.classes import check_names
from tfrecords_tools.common.errors import meant, meant_folder
from tfrecords_tools.dataset import check_dataset
from tfrecords_tools.examples import HELD_OUT
from tfrecords_tools.folders import SPLITS

OF_YOUR_OWN = "for your own data leave out the preset, or pass --set data.classes=0"
SPLIT = ("tfrecords", "tfds")  # kinds with named splits
KINDS = ("demo", "tfrecords:DIR", "folder:DIR", "arrays:FILE.npz", "tfds:NAME")


def _imported_opener(kind: str) -> Callable[..., Source]:
    """An opener that imports its module, and with it TensorFlow, only when it is called."""

    def opener(value: str, data: Data, **options: bool) -> Source:
        try:
            module = import_module(f"artgan_tf.data.{kind}")
        except ModuleNotFoundError as error:
            raise InputError(
                f"--data {kind}: needs TensorFlow ({error}): install requirements.txt, or name the "
                f"images with folder:DIR or arrays:FILE.npz."
            ) from None
        return getattr(module, f"open_{kind}")(value, data, **options)

    return opener


OPENERS: dict[str, Callable[..., Source]] = {
    "demo": open_demo,
    "tfrecords": _imported_opener("tfrecords"),
    "folder": open_folder,
    "arrays": open_arrays,
    "tfds": _imported_opener("tfds"),
}


def open_source(data: Data, download: bool = True) -> Source:
    """Open the source named by `data.spec`; raises InputError if it is missing or not as expected.

    `download` says whether to download a missing TFDS data set.
    """
    kind, value = _kind(data)
    options = {"download": download} if kind == "tfds" else {}
    source = OPENERS[kind](value, data, **options)
    if data.classes:
        names = _expected(source.spec, source.class_names, data)
        source = replace(source, class_names=names)
    check_names(source.class_names, source.spec)
    _check_counts(source, data, strict=kind == "tfds")
    return source


def open_early(data: Data) -> Source | None:
    """Open a source before a backend is imported, to report mistakes early, as `open_source` does.

    Returns None for a source that needs TensorFlow, after the checks that are possible without it.
    """
    kind, value = _kind(data)
    if kind not in SPLIT:
        return open_source(data)
    if kind == "tfrecords":
        names = check_dataset(Path(value).expanduser())
        if data.classes and names:
            _expected(data.spec, names, data)
    return None


def _kind(data: Data) -> tuple[str, str]:
    """Kind and value of `data.spec`; raises InputError for an invalid SPEC."""
    if not data.spec:
        raise InputError("This preset needs your own images: add --data FOLDER.")
    kind, _, value = data.spec.partition(":")
    path = Path(data.spec).expanduser()
    bare = kind not in OPENERS or (data.spec == kind != "demo")  # a path, such as a folder `arrays`
    if bare and path.is_dir():
        kind = "tfrecords" if (path / "dataset_info.json").is_file() else "folder"
        value = data.spec
    if kind not in OPENERS and path.is_file():
        hint = ", or arrays:FILE.npz" if path.suffix == ".npz" else ""
        raise InputError(f"{path} is a file: --data takes the folder that holds the images{hint}.")
    if kind == "folder" and _is_run(Path(value).expanduser()):
        raise InputError(
            f"{value} is a run, not images: --data takes the folder that holds the images."
        )
    if kind not in OPENERS or not (value or kind == "demo"):
        kinds = f"{', '.join(KINDS)} or the path of a folder"
        hint = meant_folder(path) or meant(kind, tuple(OPENERS))
        what = "data" if ":" in data.spec else "folder"
        raise InputError(f"There is no {what} {data.spec!r}{hint}: --data takes {kinds}.")
    if kind not in SPLIT:
        _check_splits(kind, data)
    return kind, value


def _check_splits(kind: str, data: Data) -> None:
    """A named split that there cannot be is refused; presets for TFDS name `test` and such."""
    if data.train_split != Data.train_split:
        raise InputError(
            f"data.train_split = {data.train_split!r} is not possible with {kind}: leave it out, "
            f"as only tfrecords: and tfds: have named splits."
        )
    known = [name for name, split in SPLITS.items() if split in HELD_OUT]
    if data.val_split and data.val_split.lower() not in known:
        raise InputError(
            f"data.val_split = {data.val_split!r} is not possible with {kind}: leave it out, or "
            f"name a held-out folder ({', '.join(known)})."
        )


def _is_run(folder: Path) -> bool:
    """Whether a folder is a run, whose images are samples and not training data."""
    return all((folder / file).is_file() for file in ("config.toml", "classes.txt"))


def _expected(spec: str, names: tuple[str, ...], data: Data) -> tuple[str, ...]:
    """The class names; raises InputError unless they are what the preset expects."""
    expected = data.class_names
    if len(names) != data.classes:
        shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        raise InputError(
            f"{spec} has {len(names)} classes ({shown}) but this preset expects "
            f"{data.classes}; {OF_YOUR_OWN}."
        )
    if not expected or names == expected:
        return names
    if len(expected) != data.classes:
        raise InputError(
            f"data.class_names has {len(expected)} names but data.classes = {data.classes}: name "
            f"each class once, or set data.class_names=[]."
        )
    if names == tuple(map(str, range(len(names)))):  # some TFDS sets only number their classes
        return expected
    at = next(i for i, name in enumerate(names) if name != expected[i])
    raise InputError(
        f"Class {at} of {spec} is {names[at]!r} but this preset expects {expected[at]!r}; "
        f"{OF_YOUR_OWN}."
    )


def _check_counts(source: Source, data: Data, strict: bool) -> None:
    # An InputError for TFDS, whose sets are fixed, and a warning for other data, as copies of
    # WikiArt often lack a few files.
    if not data.classes:
        return
    splits = {
        "train": (source.train.count, data.train_count, data.train_split),
        "held-out": (source.val.count, data.val_count, data.val_split),
    }
    for name, (found, expected, split) in splits.items():
        if expected and found != expected and "[" not in split:
            sentence = f"{source.spec} has {found} {name} images, not {expected}"
            if strict:
                raise InputError(f"{sentence} as this preset expects; {OF_YOUR_OWN}.")
            warnings.warn(f"{sentence} as this preset expects.", stacklevel=3)
