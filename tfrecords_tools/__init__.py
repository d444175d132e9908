"""Converts labelled images, from class folders or lists, to TFRecord shards that TFDS can load.

This package does not import `artgan_tf`, which reads the shards with `--data tfrecords:DIR`.
"""

__version__ = "1.0.0"
