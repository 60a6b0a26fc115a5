"""Every metric of the courier, declared once."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, PlatformCollector, ProcessCollector

from courier.journal.backlog import Backlog


class Metrics:
    """The courier's metrics on a registry of their own. Labels are bounded: kinds, outcomes, aliases, versions."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)

        self.journal_pending_records = Gauge(
            "journal_pending_records", "Journal records (one per request) not yet in the store", registry=registry
        )
        self.journal_oldest_pending_seconds = Gauge(
            "journal_oldest_pending_seconds", "Age of the oldest record not yet in the store", registry=registry
        )
        self.journal_torn = Counter(
            "journal_torn_total", "Unfinished records of dead writers: requests never answered", registry=registry
        )
        self.records_landed = Counter(
            "records_landed_total",
            "Rows inserted into the store; rows sent twice count once",
            ["kind"],
            registry=registry,
        )
        for kind in ("prediction", "shadow", "feedback"):
            self.records_landed.labels(kind)
        self.records_quarantined = Counter(
            "records_quarantined_total", "Rows, records and stretches of bytes that could not land", registry=registry
        )
        self.feedback = Counter(
            "feedback_total",
            "Feedback by the version that had answered: correct, incorrect, or unknown prediction",
            ["version", "outcome"],
            registry=registry,
        )
        self.store_up = Gauge("store_up", "Whether the store answered last time", registry=registry)

        self.registry_last_success = Gauge(
            "registry_last_success_timestamp_seconds", "When the registry last answered", registry=registry
        )
        self.registry_polls = Counter("registry_polls_total", "Looks at the registry", ["outcome"], registry=registry)
        for outcome in ("success", "unavailable"):
            self.registry_polls.labels(outcome)
        self.registry_alias_version = Gauge(
            "registry_alias_version",
            "The version an alias names in the registry, 0 for none",
            ["alias"],
            registry=registry,
        )
        self.bundles_refused = Counter(
            "bundles_refused_total", "Registry versions that could not be served", ["reason"], registry=registry
        )
        self.policy_generation = Gauge("policy_generation", "Generation of policy.json", registry=registry)

    def watch(self, backlog: Backlog) -> None:
        """Measure the journal whenever somebody looks, whether or not landing gets on."""
        self.journal_pending_records.set_function(lambda: backlog.survey().records)
        self.journal_oldest_pending_seconds.set_function(lambda: backlog.survey().oldest_seconds)
