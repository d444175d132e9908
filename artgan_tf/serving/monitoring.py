"""What Prometheus reads, under the names that TF Serving has for it where it has one."""

from collections import Counter
from collections.abc import Callable, Iterator

import prometheus_client
from prometheus_client.core import Metric

PATH = "/monitoring/prometheus/metrics"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = ":tensorflow:serving:"
_MICROSECONDS = [10 * 1.8**power for power in range(33)]
_ROWS = [1, 2, 4, 8, 16, 32, 64]

prometheus_client.disable_created_metrics()  # TF Serving has none


class Monitoring:
    """Counts of one server.

    Args:
        version: tells the number of the served version, 0 for none.
        name: of the model.
    """

    def __init__(self, name: str, version: Callable[[], int]):
        self._registry = prometheus_client.CollectorRegistry()
        self._requests = _Requests()
        self._registry.register(self._requests)
        labels = ["model_name", "API", "entrypoint"]
        self._latency = prometheus_client.Histogram(
            f"{_PREFIX}request_latency",
            "Microseconds from the head of a request to its answer.",
            labels,
            registry=self._registry,
            buckets=_MICROSECONDS,
        ).labels(name, "Predict", "REST")
        self._rows = prometheus_client.Histogram(
            f"{_PREFIX}batching:processed_batch_size",
            "Rows of the batches that ran.",
            ["model_name"],
            registry=self._registry,
            buckets=_ROWS,
        ).labels(name)
        gauge = prometheus_client.Gauge(
            ":artgan:serving:model_version",
            "The version that is served; 0 for none.",
            ["model_name"],
            registry=self._registry,
        )
        gauge.labels(name).set_function(version)

    def request(self, model: str, signature: str, code: str, seconds: float) -> None:
        """Note a request; only names that exist may come here, for each makes a row for ever."""
        self._requests.counts[model, signature, code] += 1
        self._latency.observe(seconds * 1e6)

    def batch(self, rows: int) -> None:
        """Note the rows of a batch."""
        self._rows.observe(rows)

    def page(self) -> bytes:
        """All of it, as text."""
        return prometheus_client.generate_latest(self._registry)


class _Requests:
    """A count without the ending `_total`, which Prometheus's own counters insist on."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str, str]] = Counter()

    def collect(self) -> Iterator[Metric]:
        name = f"{_PREFIX}request_count"
        metric = Metric(name, "Requests by what became of them.", "unknown")
        for (model, signature, code), count in self.counts.items():
            labels = {"model_name": model, "status": code, "signature": signature}
            metric.add_sample(name, labels, count)
        yield metric
