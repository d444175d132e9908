"""Metrics of a run and of real images: names (registry), metrics (entries), results, report."""

import artgan_tf.evaluation.entries  # noqa: F401  it registers the metrics that names are looked up in
