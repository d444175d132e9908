"""Encodes and parses records, and writes the files that let tensorflow-datasets load the shards."""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tfrecords_tools.images import UnreadableImage
from tfrecords_tools.options import Options

VERSION = "1.0.0"
LONGEST_JPEG = 65_500  # pixels per side


def features(options: Options, class_names: Sequence[str]) -> Any:
    """Return the `tfds.features` of a record: image, label, and the image's path in the source."""
    import tensorflow_datasets as tfds

    side = options.size if options.crop == "center" else None
    shape = (side, side, 3)
    image = (
        tfds.features.Tensor(shape=shape, dtype=np.uint8, encoding="bytes")
        if options.encoding == "raw"
        else tfds.features.Image(shape=shape, encoding_format=options.encoding)
    )
    label = tfds.features.ClassLabel(names=list(class_names))
    return tfds.features.FeaturesDict(
        {"image": image, "label": label, "path": tfds.features.Text()}
    )


def serializer(options: Options, class_names: Sequence[str]) -> Callable[[Any, int, str], bytes]:
    """Return a function from (encoded image or pixels, label, path) to the bytes of a record."""
    # Not public: `serialize_example`, which is, orders an example's features differently each time.
    from tensorflow_datasets.core.example_serializer import ExampleSerializer

    connector = features(options, class_names)
    examples = ExampleSerializer(connector.get_serialized_info())

    def serialize(image: Any, label: int, path: str) -> bytes:
        image = io.BytesIO(image) if isinstance(image, bytes) else image
        key = path.encode("utf-8", "surrogateescape")
        encoded = connector.encode_example({"image": image, "label": label, "path": key})
        # Otherwise the order of a protobuf map differs between processes.
        return examples.get_tf_example(encoded).SerializeToString(deterministic=True)

    return serialize


def encode(image: Image.Image, options: Options) -> bytes | np.ndarray:
    """Encode an image as the options say; raises UnreadableImage if it is too long for a JPEG."""
    if options.encoding == "raw":
        return np.asarray(image)
    if options.encoding == "jpeg" and max(image.size) > LONGEST_JPEG:
        raise UnreadableImage(f"{image.width}x{image.height} is too long for a JPEG")
    file = io.BytesIO()
    if options.encoding == "png":
        image.save(file, "PNG", compress_level=1)  # 6 takes three times as long and saves 3 %
    else:  # full colour resolution, since halving it is visible at these sizes
        image.save(file, "JPEG", quality=options.quality, subsampling=0)
    return file.getvalue()


def write_info(
    folder: Path,
    name: str,
    description: str,
    connector: Any,
    splits: Mapping[str, Sequence[tuple[int, int]]],
) -> None:
    """Write `dataset_info.json`, `features.json` and `label.labels.txt` into an existing folder.

    `connector` is the `tfds.features` of a record, `splits` (records, bytes) of each shard.
    """
    import tensorflow_datasets as tfds

    identity = tfds.core.DatasetIdentity(
        name=name, version=tfds.core.Version(VERSION), data_dir=str(folder), module_name=""
    )
    info = tfds.core.DatasetInfo(builder=identity, features=connector, description=description)
    info.set_file_format(tfds.core.FileFormat.TFRECORD)
    template = tfds.core.ShardedFileTemplate(
        data_dir=folder, dataset_name=name, filetype_suffix="tfrecord"
    )
    infos = [
        tfds.core.SplitInfo(
            name=split,
            shard_lengths=[records for records, _ in shards],
            num_bytes=sum(size for _, size in shards),
            filename_template=template.replace(split=split),
        )
        for split, shards in splits.items()
    ]
    info.set_splits(tfds.core.SplitDict(infos))
    info.write_to_directory(folder)


def parse(data: bytes) -> dict[str, Any]:
    """Parse a record into its values by name, with images still encoded; raises ValueError."""
    from tensorflow_datasets.proto import tf_example_pb2

    try:
        example = tf_example_pb2.Example.FromString(data)
    except Exception as error:  # protobuf's own class, which differs between its backends
        raise ValueError(str(error)) from None
    size, found = example.ByteSize(), example.features.feature
    example.DiscardUnknownFields()
    if example.ByteSize() != size:  # TensorFlow rejects some of them
        raise ValueError("it has unknown fields")
    kinds = {name: feature.WhichOneof("kind") for name, feature in found.items()}
    return {name: list(getattr(found[name], kind).value) for name, kind in kinds.items() if kind}
