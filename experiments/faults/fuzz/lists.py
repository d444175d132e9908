"""Lists of `path,label`, class files and words of `--labels`."""

import warnings
from pathlib import Path

from experiments.faults.fuzz.fuzzing import instrumented, place, refused, run

with instrumented("tfrecords_tools"):
    from tfrecords_tools.common.errors import InputError
    from tfrecords_tools.lists import listed_images, parse_lists

IMAGES = ("a/1.jpg", "a/2.jpg", "b/3.png", "b/ä ö.jpg", "b/x,y.png")
END = b"\0\0"  # separates a list, another list and a class file
SEEDS = (
    b"a/1.jpg,0\na/2.jpg,1\n",
    b"image;label\r\na/1.jpg;x\r\nb/3.png;y\r\n" + END + b"b/3.png;y\r\n",
    b"a/1.jpg,0\nb/3.png,1" + END + b"a/2.jpg,1" + END + b"0 cat\n1 dog\n",
    "\ufeffx\ty\nb/ä ö.jpg\t1\n".encode("utf-16") + END + END + b"cat\ndog",
    b'"b/x,y.png",a\n"a/1.jpg",b\n',
    b"train=a.csv val=b.csv",
)


def one(data: bytes) -> None:
    """Raise if rows give images that do not exist, or labels without a class."""
    warnings.simplefilter("ignore")  # about odd encodings
    folder = place("lists")
    parts = [*data.split(END, 2), b"", b""][:3]
    for name, content in zip(("train", "val", "classes"), parts, strict=True):
        (folder / name).write_bytes(content)
    lists = {name: folder / name for name in ("train", "val") if name == "train" or parts[1]}
    try:
        found = listed_images(_images(), lists, folder / "classes" if parts[2] else None)
    except InputError as error:
        refused(error)
    else:
        assert all(0 <= e.label < len(found.class_names) for e in found.examples), found
        assert all(e.key in IMAGES and e.split in lists for e in found.examples), found
    try:
        parse_lists(data.decode("utf-8", "surrogateescape").split(" "))
    except InputError as error:
        refused(error)


def _images() -> Path:
    root = place("lists") / "images"
    for name in IMAGES if not root.is_dir() else ():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"an image")
    return root


if __name__ == "__main__":
    run("lists", one, SEEDS, 400)
