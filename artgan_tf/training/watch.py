"""Computes metrics of a generator while it trains.

Metrics need TensorFlow, so their modules are imported only if any are configured: training with JAX
does without.
"""

import tempfile
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

    def measure(self, sampler: Sampler, checkpoints: Checkpoints) -> dict[str, float]:
        """Figures of the EMA weights for a history row; saves the best checkpoint so far.

        There are none if all generated images are the same, which is printed.
        """
        from artgan_tf.evaluation.images import OneImage
        from artgan_tf.evaluation.scoring import Subject, scores

        sampler.refresh()
        row: dict[str, float] = {}
        subject = Subject(sampler, "run", "ema")
        try:
            for each, result in scores(subject, self.metrics, self.reference):
                row |= _named(result)
                if each == self.metrics[0]:
                    first = next(iter(result.values.values()))
                    checkpoints.save_best(self.best_by, first, each.entry.better, result.extractor)
        except OneImage as collapsed:  # the training may recover
            tqdm.write(f"Step {sampler.gan.steps_done}: nothing is measured. {collapsed}")
        except OSError as error:  # of the temporary folder
            raise NotWritten(f"Metrics cannot be computed: {reason(error)}.") from None
        return row


def _named(result: "Result") -> dict[str, float]:
    """A metric's first value as `metric_NAME`, and any others as `metric_NAME.VALUE`."""
    first, *others = result.values
    key = f"metric_{result.metric}"
    return {key: result.values[first]} | {f"{key}.{x}": result.values[x] for x in others}
