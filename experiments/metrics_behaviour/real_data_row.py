"""A metric of real images instead of generated ones: the score of a perfect generator.

    python -m experiments.metrics_behaviour.real_data_row parzen_10k --data SPEC --size 32

If a metric compares with held-out images, training images stand in for generated ones, and vice
versa; this is the reference row of `artgan_tf.evaluate`.  Prints JSON.
"""

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import tyro

from artgan_tf import cli
from artgan_tf.config import Data, InputError
from artgan_tf.data.spec import open_source
from artgan_tf.evaluation.reference import open_reference
from artgan_tf.evaluation.registry import metric
from artgan_tf.evaluation.scoring import Subject, check, scores


def main(
    names: tyro.conf.Positional[tuple[str, ...]],
    *,
    data: str,
    size: int = 64,
    extractor: str = "",
) -> None:
    """Print a line of JSON for each metric.

    Args:
        names: names of metrics, with their protocols.
        data: SPEC of the real images.
        size: side of the cropped images, in pixels.
        extractor: SPEC of the extractor, if a metric needs features.
    """
    cli.start_tensorflow()
    asked, cut = [metric(name) for name in names], Data(spec=data, image_size=size)
    with TemporaryDirectory(prefix="artgan-") as work:
        reference = open_reference(open_source(cut), cut, extractor, Path(work))
        check(asked, reference)
        found = [result for _, result in scores(Subject(), asked, reference)]
    for result in found:
        print(json.dumps(asdict(result)))
    if len(found) < len(asked):
        raise InputError("There are too few images to stand in, or the metric is of a model alone.")


if __name__ == "__main__":
    cli.main(main, "python -m experiments.metrics_behaviour.real_data_row")
