"""The options of `convert`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from tfrecords_tools.common.errors import InputError

Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class Options:
    """Convert a source of labelled images into TFRecord shards that TFDS can load.

    Examples:
        artgan convert paintings --out data/paintings
        artgan convert wikiart --wikiart-lists wikiart_csv --task genre --out data/genre

    Args:
        source: class folders, with or without train, val and test folders above them; the folder
            that paths in lists are relative to; or a folder of CIFAR-10 python batches.
        out: folder of the data set; its name becomes the name of the data set.
        wikiart_lists: folder of the official WikiArt lists, as distributed.
        task: which of WikiArt's labels to use.
        labels: lists of path,label rows: train=a.csv val=b.csv, or one file to be divided.
        class_file: file of class names, one per line, numbered or in order.
        size: short side in pixels; the aspect ratio is kept.
        crop: center stores the central square; none stores the whole image.
        encoding: format of the stored images; raw needs no decoding but many times the space.
        quality: JPEG quality, from 1 to 100.
        ignore_profiles: treat all colours as sRGB, whatever an image's ICC profile says.
        shards: files per split; auto aims at about 512 images or 128 MiB in each.
        workers: number of processes on this machine; 0 means one per core.
        runner: local is this machine; beam is Apache Beam, whose own options follow after --, as in
            -- --runner=FlinkRunner --flink_master=HOST:8081; without any it runs on this machine.
        beam_options: options after --.
        on_error: what to do with a file that cannot be read as an image.
        max_bad_fraction: tolerated fraction of unreadable files.
        max_missing_fraction: tolerated fraction of the images of each list without a file.
        val_fraction: fraction of each class to hold out if the source has no held-out split (0.1).
        seed: seed of that division.
        limit: maximum number of images per split.
        dry_run: list and match everything, print the plan and stop.
        overwrite: delete the data set in --out and start again.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")
    source: tyro.conf.Positional[Path]
    out: Path
    wikiart_lists: Path | None = None
    task: Literal["style", "genre", "artist"] | None = None
    labels: tuple[str, ...] = ()
    class_file: Path | None = None
    size: Annotated[int, Field(ge=8, le=4096)] = 64
    crop: Literal["none", "center"] = "none"
    encoding: Literal["jpeg", "png", "raw"] = "jpeg"
    quality: Annotated[int, Field(ge=1, le=100)] = 95
    ignore_profiles: bool = False
    shards: Literal["auto"] | Annotated[int, Field(ge=1, le=99999)] = "auto"
    workers: Annotated[int, Field(ge=0, le=1024)] = 0
    runner: Literal["local", "beam"] = "local"
    beam_options: tyro.conf.Suppress[tuple[str, ...]] = ()
    on_error: Literal["skip", "stop"] = "skip"
    max_bad_fraction: Share = 0.05
    max_missing_fraction: Share = 0.05
    val_fraction: Annotated[float, Field(ge=0, lt=1)] | None = None
    seed: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1)] | None = None
    dry_run: bool = False
    overwrite: bool = False


# Options that the bytes of the shards depend on.
LASTING = (
    "wikiart_lists", "task", "labels", "class_file", "size", "crop", "encoding", "quality",
    "ignore_profiles", "shards", "val_fraction", "seed", "limit",
)  # fmt: skip


def checked(options: Options) -> Options:
    """Return the options; raise InputError for the first that is out of range or in conflict."""
    try:
        TypeAdapter(Options).validate_python(vars(options))
    except ValidationError as error:
        first = error.errors()[0]
        flag = "--" + str(first["loc"][0]).replace("_", "-")
        raise InputError(f"{flag} {first['input']}: {first['msg']}.") from None
    if options.quality != Options.quality and options.encoding != "jpeg":
        raise InputError(
            f"--quality {options.quality} is for JPEGs: leave it out with --encoding "
            f"{options.encoding}."
        )
    if options.beam_options and options.runner != "beam":
        raise InputError(
            f"{options.beam_options[0]}, after --, is for Apache Beam: add --runner beam."
        )
    if bool(options.wikiart_lists) != bool(options.task):
        raise InputError(
            "--wikiart-lists DIR and --task style|genre|artist go together: give both."
        )
    if options.wikiart_lists and (options.labels or options.class_file):
        raise InputError("--wikiart-lists brings its own lists: remove --labels and --class-file.")
    if options.class_file and not options.labels:
        raise InputError(
            f"--class-file {options.class_file} names the classes of --labels: give both."
        )
    return options
