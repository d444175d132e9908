"""Prometheus metrics, with TF Serving's names for those that TF Serving has too."""

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
    """Metrics of one server.

    Args:
        name: name of the model.
        version: returns the number of the served version, or 0 if none is served.
    """

    def __init__(self, name: str, version: Callable[[], int]):
        self._registry = prometheus_client.CollectorRegistry()
        self._requests = prometheus_client.Counter(
            _COUNT,
            "Requests by outcome.",
            ["model_name", "status"],
            registry=self._registry,
        )
        self._latency = prometheus_client.Histogram(
            f"{_PREFIX}request_latency",
            "Latency of successful requests, in microseconds.",
            ["model_name", "API", "entrypoint"],
            registry=self._registry,
            buckets=_MICROSECONDS,
        ).labels(name, "predict", "REST")
        self._rows = prometheus_client.Histogram(
            f"{_PREFIX}batching:processed_batch_size",
            "Rows per executed batch.",
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
        """Record a request by TensorFlow's code of its outcome; only those that are OK are timed.

        The model must exist or be empty, because each new name adds a time series for good.
        """
        self._requests.labels(model, code).inc()
        if code == "OK":
            self._latency.observe(seconds * 1e6)

    def batch(self, rows: int) -> None:
        """Record the number of rows of a batch."""
        self._rows.observe(rows)

    def page(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        page = prometheus_client.generate_latest(self._registry)
        # The library appends "_total" to each counter's name; TF Serving does not.
        return page.replace(f"{_COUNT}_total".encode(), _COUNT.encode())
