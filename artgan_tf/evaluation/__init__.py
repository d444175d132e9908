"""Measures runs and real images: names (registry), metrics (entries), results and report."""

import artgan_tf.evaluation.entries  # noqa: F401  registers the metrics
