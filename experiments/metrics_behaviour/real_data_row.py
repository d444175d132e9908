"""A metric of real images in the place of generated ones: what a perfect generator would score.

    python -m experiments.metrics_behaviour.real_data_row parzen_10k --data SPEC --size 32

Training images stand in where generated ones are held against held-out ones, and the other way
round; it is the row that `artgan_tf.evaluate` puts above a model's.  Prints it as JSON.
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
        names: of metrics, with their protocols.
        data: the real images.
        size: side they are cut to.
        extractor: of features, where a metric needs them.
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
