"""Converts labelled images, from class folders or lists, to TFRecord shards that TFDS can load.

This package does not import `artgan_tf`, which reads the shards with `--data tfrecords:DIR`.
"""

FORMAT = "1.0.0"  # the same images and options give the same bytes with the same format
