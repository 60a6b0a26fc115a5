"""Metrics of the api, each declared once. Boards, rules and docs are held to them."""

import os

from prometheus_client import CollectorRegistry, Metric, multiprocess
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics import MetricWrapperBase

from api.telemetry.answer_metrics import AnswerMetrics, ShadowMetrics, ValueMetrics
from api.telemetry.http_metrics import HttpMetrics
from api.telemetry.key_metrics import KeyMetrics
from api.telemetry.policy_metrics import PolicyMetrics
from api.telemetry.retired_versions import RetiredVersions
from api.telemetry.served_figures import ServedFigures
from api.telemetry.worker_metrics import WorkerMetrics


class Metrics:
    """Labels come from routes, manifests and fixed sets, never from a client."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self.answers = AnswerMetrics(registry)
        self.values = ValueMetrics(registry)
        self.shadow = ShadowMetrics(registry)
        self.policy = PolicyMetrics(registry)
        self.served = ServedFigures(registry)
        self.http = HttpMetrics(registry)
        self.worker = WorkerMetrics(registry)
        self.keys = KeyMetrics(registry)
        of_versions = (self.answers, self.values, self.shadow, self.policy, self.served)
        metrics = [one for group in of_versions for one in vars(group).values() if isinstance(one, MetricWrapperBase)]
        self.versions = RetiredVersions(metrics)

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
