"""Panels of the board Api: worker processes and the journal."""

from monitoring.grafana.boards import thresholds
from monitoring.grafana.boards.board import Panels
from monitoring.grafana.boards.panels import lines

_CHOSEN = 'version=~"$version", variant=~"$variant"'


def processes() -> Panels:
    yield (
        6,
        lines(
            "In flight, over time",
            "Requests in progress.",
            "short",
            {"requests": "sum(http_requests_in_flight)"},
        ),
    )
    yield (
        6,
        lines(
            "Workers by loaded version",
            "Each worker follows the policy by itself; the lines differ during a swap.",
            "short",
            {
                "version {{version}}, {{variant}}": f"sum by (version, variant) (model_info{{{_CHOSEN}}}) > 0",
                "workers running": "sum(workers)",
            },
        ),
    )
    yield (
        6,
        lines(
            "CPU",
            "Cores in use, by all workers and by one worker on average. One worker can use one core.",
            "none",
            {
                "all workers": "sum(rate(worker_cpu_seconds_total[$__rate_interval]))",
                "each": "sum(rate(worker_cpu_seconds_total[$__rate_interval])) / sum(workers)",
            },
        ),
    )
    yield (
        6,
        lines(
            "Memory",
            "Resident memory of each worker, by its slot.",
            "bytes",
            {"slot {{pid}}": "worker_resident_memory_bytes"},
            steps=thresholds.WORKER_BYTES,
        ),
    )


def journal() -> Panels:
    yield (
        6,
        lines(
            "Pending records",
            "Requests in the journal that are not yet in the audit store.",
            "short",
            {"records": "sum(journal_pending_records)"},
            steps=thresholds.TOO_MANY_PENDING,
        ),
    )
    yield (
        6,
        lines(
            "Age of the oldest pending record",
            "How long the oldest record has waited. One or two seconds are usual.",
            "s",
            {"oldest": "max(journal_oldest_pending_seconds)"},
            steps=thresholds.PENDING_TOO_LONG,
        ),
    )
    yield (
        6,
        lines(
            "Journal writable",
            "1 while every worker can write. At 0 the api answers 503, so that no record is lost.",
            "short",
            {"writable": "min(journal_writable)"},
            steps=thresholds.PRESENT,
        ),
    )
    yield (
        6,
        lines(
            "Worker starts",
            "More starts than at a start or a reload mean that workers crash.",
            "short",
            {
                "starts": "sum(increase(worker_starts_total[$__rate_interval]))",
                "records cut off by a crash": "sum(increase(journal_torn_total[$__rate_interval]))",
            },
            bars=True,
        ),
    )
