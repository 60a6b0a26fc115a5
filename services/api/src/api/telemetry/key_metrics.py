"""Metrics of API keys."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class KeyMetrics:
    """Labels are fixed sets of words."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.known = Gauge(
            "api_keys",
            "API keys in force in the worker that knows fewest; 0 also where none are asked for",
            multiprocess_mode="livemin",
            registry=registry,
        )
        self.reloads = Counter(
            "api_key_reloads_total",
            "Changes of the file of API keys, per worker; one that is refused leaves the keys as they were",
            ["outcome"],
            registry=registry,
        )
        self.refusals = Counter(
            "api_key_refusals_total",
            "Requests refused for their API key: missing, unknown, scope (403) or rate (429)",
            ["reason"],
            registry=registry,
        )
        for reason in ("missing", "unknown", "scope", "rate"):
            self.refusals.labels(reason)
        for outcome in ("done", "refused"):
            self.reloads.labels(outcome)
