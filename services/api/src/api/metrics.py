"""Every metric of the api, declared once. Dashboards, rules and docs are checked against this file."""

import os
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, multiprocess
from prometheus_client.exposition import choose_encoder

from api.counting import Add, Timer, adder
from api.manifest import Feature, FeatureReference, Manifest, Reference

_SECONDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SMALL_BATCH = 16

Rows = list[list[float]] | npt.NDArray[np.float32] | npt.NDArray[np.float64]
"""n rows of values as they came, [n, features]: a list from JSON objects, or an array from a tensor."""


class Metrics:
    """Labels come from routes, manifests and fixed sets, never from a client."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self.predict_requests = Counter(
            "predict_requests_total", "Requests for predictions, whatever came of them", registry=registry
        )
        self.predict_latency = Histogram(
            "predict_latency_seconds",
            "From the body's last byte until the answer is in the journal",
            buckets=_SECONDS,
            registry=registry,
        )
        self.predictions = Counter(
            "predictions_total", "Rows answered", ["version", "variant", "label"], registry=registry
        )
        self.feature_observations = Counter(
            "feature_observations_total",
            "Values answered, by the training data's bins",
            ["feature", "bin"],
            registry=registry,
        )
        self.feature_reference = Gauge(
            "feature_reference_ratio",
            "Share of the training rows in each bin of the production model; 0 for a bin it does not have",
            ["feature", "bin"],
            multiprocess_mode="livemax",
            registry=registry,
        )
        self.out_of_range = Counter(
            "out_of_range_total", "Values answered outside of the contract's range", ["feature"], registry=registry
        )
        self.model_info = Gauge(
            "model_info",
            "Workers that have this version loaded",
            ["version", "variant"],
            multiprocess_mode="livesum",
            registry=registry,
        )
        self.model_swaps = Counter(
            "model_swaps_total",
            "Attempts to follow the policy, per worker; a refused bundle leaves the one before serving",
            ["variant", "outcome", "reason"],
            registry=registry,
        )
        self.http_requests = Counter(
            "http_requests_total", "Requests answered", ["method", "route", "status"], registry=registry
        )
        self.http_duration = Histogram(
            "http_request_duration_seconds",
            "From the request's headers to its answer",
            ["method", "route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.in_flight = Gauge(
            "http_requests_in_flight", "Requests being answered", multiprocess_mode="livesum", registry=registry
        )
        self.shed = Counter("requests_shed_total", "Requests refused with 503 or 504", ["reason"], registry=registry)
        self.journal_writable = Gauge(
            "journal_writable",
            "1 if every worker can write its journal",
            multiprocess_mode="livemin",
            registry=registry,
        )
        self.workers = Gauge("workers", "Workers running", multiprocess_mode="livesum", registry=registry)
        self.worker_cpu = Counter("worker_cpu_seconds_total", "CPU time of all workers", registry=registry)
        self.worker_memory = Gauge(
            "worker_resident_memory_bytes",
            "Resident memory by worker slot",
            multiprocess_mode="liveall",
            registry=registry,
        )
        for reason in ("no_model", "journal", "overload", "connections", "deadline"):
            self.shed.labels(reason)
        self.count_predict_request = adder(self.predict_requests)
        self.observe_predict_latency = Timer(self.predict_latency).observe
        self.count_in_flight = adder(self.in_flight)
        self._exchanges: dict[tuple[str, str, int], tuple[Add, Add]] = {}

    def count_exchange(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request; the labels are looked up once."""
        key = (method, route, status)
        known = self._exchanges.get(key)
        if known is None:
            count = adder(self.http_requests.labels(method, route, status))
            known = self._exchanges[key] = count, Timer(self.http_duration.labels(method, route)).observe
        known[0](1.0)
        known[1](seconds)

    def render(self, accept: str) -> tuple[bytes, str]:
        """All workers' metrics added up, and their content type. Takes milliseconds: not for the event loop."""
        encode, content_type = choose_encoder(accept)
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return encode(self._registry), content_type
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return encode(registry), content_type


class ModelMetrics:
    """The metrics of one served model, with every label looked up once."""

    def __init__(self, metrics: Metrics, manifest: Manifest, reference: Reference, version: str, variant: str) -> None:
        self._metrics = metrics
        self._version, self._variant = version, variant
        self._labels = [adder(metrics.predictions.labels(version, variant, name)) for name in manifest.target.classes]
        self._features = [_FeatureMetrics(metrics, f, reference.features[f.name]) for f in manifest.features]

    def observe(self, rows: Rows, labels: npt.NDArray[np.int64]) -> None:
        """Count n answered rows."""
        if isinstance(rows, list) and len(rows) <= _SMALL_BATCH:
            for row, label in zip(rows, labels.tolist(), strict=True):
                self._labels[label](1.0)
                for feature, value in zip(self._features, row, strict=True):
                    feature.bins[bisect_left(feature.edges, value)](1.0)
                    if not feature.minimum <= value <= feature.maximum:
                        feature.out_of_range(1.0)
            return
        for index, count in enumerate(np.bincount(labels, minlength=len(self._labels)).tolist()):
            if count:
                self._labels[index](count)
        for feature, column in zip(self._features, np.asarray(rows).T, strict=True):
            feature.count(column)

    def enter(self) -> None:
        """This worker serves this model now."""
        self._metrics.model_info.labels(self._version, self._variant).set(1)
        if self._variant == "production":
            for feature in self._features:
                feature.set_reference(feature.share)

    def leave(self) -> None:
        """This worker serves it no longer. A label can't be removed across processes, so its value becomes 0."""
        self._metrics.model_info.labels(self._version, self._variant).set(0)
        if self._variant == "production":
            for feature in self._features:
                feature.set_reference([0.0] * len(feature.share))


class _FeatureMetrics:
    """A bin is closed on the right, so a value's bin is the number of edges below it."""

    def __init__(self, metrics: Metrics, feature: Feature, reference: FeatureReference) -> None:
        name = feature.name
        self.minimum, self.maximum = feature.minimum, feature.maximum
        self.out_of_range = adder(metrics.out_of_range.labels(name))
        self.edges = reference.edges
        self.share = reference.share
        self.bins = [adder(metrics.feature_observations.labels(name, label)) for label in reference.labels]
        self._references = [metrics.feature_reference.labels(name, label) for label in reference.labels]

    def count(self, column: npt.NDArray[Any]) -> None:
        # In the values' own type: 4.9 as a float32 is above 4.9 as a double, and would fall into the bin above.
        limits = np.array([self.minimum, self.maximum, *self.edges]).astype(column.dtype)
        bins = np.searchsorted(limits[2:], column, side="left")
        outside = int(np.count_nonzero((column < limits[0]) | (column > limits[1])))
        if outside:
            self.out_of_range(outside)
        for index, count in enumerate(np.bincount(bins, minlength=len(self.bins)).tolist()):
            if count:
                self.bins[index](count)

    def set_reference(self, share: Sequence[float]) -> None:
        for gauge, value in zip(self._references, share, strict=True):
            gauge.set(value)
