"""Computes metrics of a generator while it trains.

Metrics need TensorFlow, so their modules are imported only if any are configured: training with JAX
does without.
"""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from artgan_tf.config import Config
from artgan_tf.data.source import Source
from artgan_tf.runs.checkpoints import Checkpoints
from artgan_tf.sampler import Sampler
from tfrecords_tools.common.files import NotWritten, reason

if TYPE_CHECKING:
    from artgan_tf.evaluation.registry import Metric
    from artgan_tf.evaluation.results import Result


class Watch:
    """Scores the EMA generator by `log.metrics`, and saves the best checkpoint by the first.

    Raises InputError if the metrics cannot be computed, which is known before the first step.
    """

    def __init__(self, config: Config, source: Source):
        self.metrics: list[Metric] = []
        if config.log.metrics:
            self._prepare(config, source)

    def _prepare(self, config: Config, source: Source) -> None:
        from artgan_tf.evaluation.reference import open_reference
        from artgan_tf.evaluation.registry import metric, todays
        from artgan_tf.evaluation.scoring import check

        self.metrics = [metric(name) for name in config.log.metrics]
        first = config.log.metrics[0]  # best.json may have an earlier name
        self.best_by = self.metrics[0].name if todays(first) == first else first
        self.folder = tempfile.TemporaryDirectory(prefix="artgan-")
        work = Path(self.folder.name)
        self.reference = open_reference(source, config.data, config.log.extractor, work)
        check(self.metrics, self.reference, config.model.autoencoder)

    def measure(self, sampler: Sampler) -> "list[Result]":
        """Results of the EMA weights; none if all generated images are the same, which is printed.

        Raises NotWritten if the temporary folder is full.
        """
        from artgan_tf.evaluation.images import OneImage
        from artgan_tf.evaluation.scoring import Subject, scores

        sampler.refresh()
        subject = Subject(sampler, "run", "ema")
        try:
            return [result for _, result in scores(subject, self.metrics, self.reference)]
        except OneImage as collapsed:  # the training may recover
            tqdm.write(f"Step {sampler.gan.steps_done}: nothing is measured. {collapsed}")
            return []
        except OSError as error:
            raise NotWritten(f"Metrics cannot be computed: {reason(error)}.") from None

    def save_best(self, results: "Sequence[Result]", checkpoints: Checkpoints) -> None:
        """Save the best checkpoint so far, by the first metric; raises as `Checkpoints.save`."""
        first = self.metrics[0]
        for result in results:
            if result.metric == first.name:
                value = next(iter(result.values.values()))
                checkpoints.save_best(self.best_by, value, first.entry.better, result.extractor)


def figures(results: "Iterable[Result]") -> dict[str, float]:
    """Each metric's first value as `metric_NAME`, and any others as `metric_NAME.VALUE`."""
    found = {}
    for result in results:
        first, *others = result.values
        key = f"metric_{result.metric}"
        found[key] = result.values[first]
        found |= {f"{key}.{name}": result.values[name] for name in others}
    return found
