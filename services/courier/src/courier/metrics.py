"""Every metric of the courier, declared once."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

from courier.journal.backlog import Backlog


class LandingMetrics:
    """From the journal into the store: what waits, what has landed, and the feedback in it."""

    def __init__(self, registry: CollectorRegistry) -> None:
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
        for kind in ("prediction", "shadow", "feedback", "alert", "move", "scored_file"):
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
        self.coverage = Counter(
            "feedback_coverage_total",
            "Feedback by the version that had answered: was the truth in its set or interval (covered) or not (missed)",
            ["version", "outcome"],
            registry=registry,
        )
        self.segment_feedback = Counter(
            "segment_feedback_total",
            "Feedback by the version that had answered and the value of each segment column: correct or incorrect",
            ["version", "feature", "segment", "outcome"],
            registry=registry,
        )
        self.store_up = Gauge("store_up", "Whether the store answered last time", registry=registry)

    def expect_feedback(self, version: str) -> None:
        """Count a version's feedback from zero: Prometheus does not count a counter's first value as an increase."""
        for outcome in ("correct", "incorrect"):
            self.feedback.labels(version, outcome)

    def expect_segments(self, version: str, segments: Mapping[str, Sequence[str]]) -> None:
        """The same for the feedback of each value of each segment column."""
        for feature, names in segments.items():
            for name in names:
                for outcome in ("correct", "incorrect"):
                    self.segment_feedback.labels(version, feature, name, outcome)

    def watch(self, backlog: Backlog) -> None:
        """Measure the journal at each scrape, even while landing is stuck."""
        self.journal_pending_records.set_function(lambda: backlog.survey().records)
        self.journal_oldest_pending_seconds.set_function(lambda: backlog.survey().oldest_seconds)


class FollowingMetrics:
    """From the registry to the policy: polls, versions by alias, bundles that can't be served."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry_last_success = Gauge(
            "registry_last_success_timestamp_seconds", "When the registry last answered", registry=registry
        )
        self.registry_polls = Counter("registry_polls_total", "Looks at the registry", ["outcome"], registry=registry)
        for outcome in ("success", "unavailable"):
            self.registry_polls.labels(outcome)
        self.registry_seconds = Histogram(
            "registry_answer_seconds",
            "Time the registry took to answer where all aliases point",
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
            registry=registry,
        )
        self.registry_alias_version = Gauge(
            "registry_alias_version",
            "The version an alias names in the registry, 0 for none",
            ["alias"],
            registry=registry,
        )
        self.policy_alias_version = Gauge(
            "policy_alias_version",
            "The version that the courier has the apis serve under an alias, 0 for none",
            ["alias"],
            registry=registry,
        )
        self.bundles_refused = Counter(
            "bundles_refused_total", "Registry versions that could not be served", ["reason"], registry=registry
        )
        self.bundles_damaged = Gauge(
            "bundles_damaged",
            "Bundles of the policy that are not whole on disk and wait to be fetched",
            registry=registry,
        )
        self.served_version_deleted = Gauge(
            "served_version_deleted",
            "Whether production serves a version that was deleted from the registry",
            registry=registry,
        )
        self.policy_generation = Gauge("policy_generation", "Generation of policy.json", registry=registry)


class StorageMetrics:
    """The size of the audit and the space of the file systems."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.audit_store_bytes = Gauge(
            "audit_store_bytes", "Size of the audit on disk, measured once a minute", ["store"], registry=registry
        )
        self.audit_retention_days = Gauge(
            "audit_retention_days", "Days for which the audit is kept, 0 for ever", registry=registry
        )
        self.volume_free = Gauge(
            "volume_free_bytes",
            "Free space where the journal, the bundles and an audit in SQLite lie, and of DATABASE_SPACE_GB",
            ["volume"],
            registry=registry,
        )
        self.volume_size = Gauge(
            "volume_size_bytes",
            "Size of the file systems of the journal, the bundles and an audit in SQLite, and DATABASE_SPACE_GB",
            ["volume"],
            registry=registry,
        )

    def watch_volumes(self, folders: Mapping[str, Path]) -> None:
        """Measure the file systems of these folders, named by the label they get, at each scrape."""
        for volume, folder in folders.items():
            self.volume_free.labels(volume).set_function(partial(_bytes, folder, "free"))
            self.volume_size.labels(volume).set_function(partial(_bytes, folder, "size"))


class Metrics:
    """The courier's metrics on a registry of their own. Labels are bounded: kinds, outcomes, aliases, versions."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self.landing = LandingMetrics(registry)
        self.following = FollowingMetrics(registry)
        self.storage = StorageMetrics(registry)
        self.apis_wanted = Gauge("apis_wanted", "How many apis should serve, by the setting", registry=registry)


def _bytes(folder: Path, part: Literal["free", "size"]) -> float:
    """Bytes of the folder's file system; NaN while the folder is missing."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return float("nan")
    # As df counts: what is reserved for root is neither used nor free.
    return float(usage.free if part == "free" else usage.used + usage.free)
