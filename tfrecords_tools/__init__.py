"""Folders of images, with or without lists of labels, as TFRecord shards that TFDS can load.

Nothing here imports `artgan_tf`, which reads the shards with `--data tfrecords:DIR`.
"""

__version__ = "1.0.0"
