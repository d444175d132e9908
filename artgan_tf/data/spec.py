"""Opens the source that a SPEC (`kind:value`) names."""

from pathlib import Path

from artgan_tf.config import Data, InputError
from artgan_tf.data.demo import open_demo
from artgan_tf.data.folder import open_folder
from artgan_tf.data.source import Source
from artgan_tf.data.tfds import open_tfds
from artgan_tf.data.tfrecords import open_tfrecords

KINDS = ("demo", "tfrecords:DIR", "folder:DIR", "tfds:NAME")
OPENERS = {
    "demo": open_demo,
    "tfrecords": open_tfrecords,
    "folder": open_folder,
    "tfds": open_tfds,
}


def open_source(data: Data) -> Source:
    """Open what `data.spec` names; raises InputError when it is not there or not as expected."""
    kind, _, value = data.spec.partition(":")
    if kind not in OPENERS and data.spec and Path(data.spec).is_dir():
        made = (Path(data.spec) / "dataset_info.json").is_file()
        kind, value = "tfrecords" if made else "folder", data.spec
    if kind not in OPENERS or not (value or kind == "demo"):
        kinds = f"{', '.join(KINDS)} or the path of a folder"
        raise InputError(f"There is no data {data.spec!r}: --data takes {kinds}.")
    source = OPENERS[kind](value, data)
    _check_classes(source, data)
    return source


def _check_classes(source: Source, data: Data) -> None:
    found = len(source.class_names)
    if data.classes and data.classes != found:
        names = ", ".join(source.class_names[:5]) + (", ..." if found > 5 else "")
        raise InputError(
            f"{source.spec} has {found} classes ({names}) but this preset expects {data.classes}; "
            f"for data of your own pass --set data.classes=0."
        )
