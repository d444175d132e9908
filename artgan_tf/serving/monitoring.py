"""What Prometheus reads, under the names that TF Serving has for it where it has one."""

from collections.abc import Callable

import prometheus_client

PATH = "/monitoring/prometheus/metrics"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = ":tensorflow:serving:"
_COUNT = f"{_PREFIX}request_count"
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
        self._requests = prometheus_client.Counter(
            _COUNT,
            "Requests by what became of them.",
            ["model_name", "status"],
            registry=self._registry,
        )
        self._latency = prometheus_client.Histogram(
            f"{_PREFIX}request_latency",
            "Microseconds from the head of a request that succeeded to its answer.",
            ["model_name", "API", "entrypoint"],
            registry=self._registry,
            buckets=_MICROSECONDS,
        ).labels(name, "predict", "REST")
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

    def request(self, model: str, code: str, seconds: float) -> None:
        """Note a request; only names that exist may come here, for each makes a row for ever."""
        self._requests.labels(model, code).inc()
        if code == "OK":
            self._latency.observe(seconds * 1e6)

    def batch(self, rows: int) -> None:
        """Note the rows of a batch."""
        self._rows.observe(rows)

    def page(self) -> bytes:
        """All of it, as text."""
        page = prometheus_client.generate_latest(self._registry)
        # The library ends each counter's name so, and TF Serving does not.
        return page.replace(f"{_COUNT}_total".encode(), _COUNT.encode())
