"""Metrics of the policy that workers follow: which versions they have, and the canary's share."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class PolicyMetrics:
    """Labels are versions and fixed sets of words."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.model_info = Gauge(
            "model_info",
            "Workers that have this version loaded",
            ["version", "variant"],
            multiprocess_mode="livesum",
            registry=registry,
        )
        self.canary_traffic = Gauge(
            "canary_traffic_ratio",
            "Share of the requests without a version that every worker gives to this canary; 0 when it left",
            ["version"],
            multiprocess_mode="livemin",
            registry=registry,
        )
        self.swaps = Counter(
            "model_swaps_total",
            "Attempts to follow the policy, per worker; a refused bundle leaves the one before serving",
            ["variant", "outcome", "reason"],
            registry=registry,
        )
