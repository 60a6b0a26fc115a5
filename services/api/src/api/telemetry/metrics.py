"""Metrics of the api, declared once (a bundle's: `served_figures`). Boards, rules and docs are held to them."""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, multiprocess
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics import MetricWrapperBase

from api.telemetry.counting import Add, Timer, adder
from api.telemetry.retired_versions import Versions
from api.telemetry.served_figures import ServedFigures

_SECONDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


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
            ["version", "variant"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.predictions = Counter(
            "predictions_total", "Rows answered", ["version", "variant", "label"], registry=registry
        )
        self.prediction_failures = Counter(
            "prediction_failures_total",
            "Requests that a model failed to answer: its inference went wrong",
            ["version", "variant"],
            registry=registry,
        )
        self.canary_traffic = Gauge(
            "canary_traffic_ratio",
            "Share of the requests without a version that every worker gives to this canary; 0 when it left",
            ["version"],
            multiprocess_mode="livemin",
            registry=registry,
        )
        self.feature_observations = Counter(
            "feature_observations_total",
            "Values answered, by the bins of the version that answered; shadow answers are not counted again",
            ["version", "feature", "bin"],
            registry=registry,
        )
        self.feature_reference = Gauge(
            "feature_reference_ratio",
            "Share of the training rows in each bin of the production model; 0 for a version that is gone",
            ["version", "feature", "bin"],
            multiprocess_mode="livemax",
            registry=registry,
        )
        self.prediction_reference = Gauge(
            "prediction_reference_ratio",
            "Share of each class among the training rows of the production model; 0 for a version that is gone",
            ["version", "label"],
            multiprocess_mode="livemax",
            registry=registry,
        )
        self.prediction_confidence = Counter(
            "prediction_confidence_total",
            "Rows answered, by the probability of the class that was answered",
            ["version", "variant", "bin"],
            registry=registry,
        )
        self.expected_correct = Counter(
            "predictions_expected_correct_total",
            "Rows answered that are expected to be right, by calibrated probabilities; blind to a changed meaning",
            ["version", "variant"],
            registry=registry,
        )
        self.segment_predictions = Counter(
            "segment_predictions_total",
            "Rows answered, by the value of each column that the contract marks as a segment",
            ["version", "variant", "feature", "segment", "label"],
            registry=registry,
        )
        self.segment_expected_correct = Counter(
            "segment_expected_correct_total",
            "Rows answered that are expected to be right, by the value of each segment column",
            ["version", "variant", "feature", "segment"],
            registry=registry,
        )
        self.shadow_agreement = Counter(
            "shadow_agreement_total",
            "Rows the shadow answered, by its version and by production's answer: did it agree?",
            ["version", "label", "outcome"],
            registry=registry,
        )
        self.shadow_dropped = Counter(
            "shadow_dropped_total", "Rows the shadow was not asked, or not in time", ["reason"], registry=registry
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
        self.served = ServedFigures(registry)
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
        self.worker_starts = Counter("worker_starts_total", "Workers that began to run", registry=registry)
        self.worker_cpu = Counter("worker_cpu_seconds_total", "CPU time of all workers", registry=registry)
        self.worker_memory = Gauge(
            "worker_resident_memory_bytes",
            "Resident memory by worker slot",
            multiprocess_mode="liveall",
            registry=registry,
        )
        self.volume_free = Gauge(
            "volume_free_bytes",
            "Free space where the journal and the workers' counters lie",
            ["volume"],
            multiprocess_mode="livemin",
            registry=registry,
        )
        self.volume_size = Gauge(
            "volume_size_bytes",
            "Size of the file systems of the journal and of the workers' counters",
            ["volume"],
            multiprocess_mode="livemax",
            registry=registry,
        )
        self.keys = Gauge(
            "api_keys",
            "API keys in force in the worker that knows fewest; 0 also where none are asked for",
            multiprocess_mode="livemin",
            registry=registry,
        )
        self.key_reloads = Counter(
            "api_key_reloads_total",
            "Changes of the file of API keys, per worker; one that is refused leaves the keys as they were",
            ["outcome"],
            registry=registry,
        )
        self.key_refusals = Counter(
            "api_key_refusals_total",
            "Requests refused for their API key: missing, unknown, scope (403) or rate (429)",
            ["reason"],
            registry=registry,
        )
        declared = [*vars(self).values(), *vars(self.served).values()]
        self.versions = Versions([one for one in declared if isinstance(one, MetricWrapperBase)])
        for reason in ("missing", "unknown", "scope", "rate"):
            self.key_refusals.labels(reason)
        for outcome in ("done", "refused"):
            self.key_reloads.labels(outcome)
        for reason in ("no_model", "journal", "overload", "connections", "deadline", "overrun"):
            self.shed.labels(reason)
        self.count_predict_request = adder(self.predict_requests)
        self.count_in_flight = adder(self.in_flight)
        self._exchanges: dict[tuple[str, str, int], tuple[Add, Add]] = {}

    def count_exchange(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request; the labels are looked up once."""
        count, observe = self.exchange(method, route, status)
        count(1.0)
        observe(seconds)

    def exchange(self, method: str, route: str, status: int) -> tuple[Add, Add]:
        """How an answered request is counted: a number of them, and the seconds that one took."""
        key = (method, route, status)
        known = self._exchanges.get(key)
        if known is None:
            count = adder(self.http_requests.labels(method, route, status))
            known = self._exchanges[key] = count, Timer(self.http_duration.labels(method, route)).observe
        return known

    def collect(self) -> list[Metric]:
        """All workers' metrics added up. Takes milliseconds: not for the event loop."""
        shared = "PROMETHEUS_MULTIPROC_DIR" in os.environ
        return list((of_all_workers() if shared else self._registry).collect())

    def render(self, accept: str) -> tuple[bytes, str]:
        """All workers' metrics added up, and their content type. Takes milliseconds: not for the event loop."""
        encode, content_type = choose_encoder(accept)
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return encode(self._registry), content_type
        return encode(of_all_workers()), content_type


def of_all_workers() -> CollectorRegistry:
    """The sums over the files in PROMETHEUS_MULTIPROC_DIR."""
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # its constructor has no annotations
    return registry
