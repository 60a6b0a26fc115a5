"""Panels of the board Platform: PostgreSQL, disk space and Prometheus."""

from monitoring.grafana.boards import thresholds
from monitoring.grafana.boards.board import Panels
from monitoring.grafana.boards.panels import lines
from monitoring.grafana.boards.tables import rows

_SLOW = """SELECT round(mean_exec_time::numeric, 2) AS mean_ms, calls, round(total_exec_time::numeric) AS total_ms,
       datname AS database, left(regexp_replace(query, '\\s+', ' ', 'g'), 120) AS statement
FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
WHERE datname IN ('audit', 'mlflow') ORDER BY mean_exec_time DESC LIMIT 10"""


def postgres() -> Panels:
    yield (
        6,
        rows(
            "Connections",
            "Open connections by database and state; the server allows 60.",
            "short",
            "SELECT datname AS database, coalesce(state, 'background') AS state, count(*) AS connections FROM pg_stat_activity\nWHERE datname IS NOT NULL GROUP BY datname, state ORDER BY connections DESC",
            steps=thresholds.POSTGRES_CONNECTIONS,
        ),
    )
    yield (
        6,
        rows(
            "Size of the databases",
            "Size of each database on disk.",
            "bytes",
            "SELECT datname AS database, pg_database_size(datname) AS bytes FROM pg_database\nWHERE NOT datistemplate ORDER BY bytes DESC",
            steps=thresholds.POSTGRES_BYTES,
        ),
    )
    yield (
        12,
        rows(
            "Slowest statements",
            "By mean time since the last reset of the statistics, without parameters.",
            "none",
            _SLOW,
        ),
    )


def space() -> Panels:
    yield (
        6,
        lines(
            "Free space",
            "Volumes of the journal, the bundles and the workers' counters. Below half, the counters' volume is a page.",
            "percentunit",
            {"{{volume}} ({{job}})": "min by (volume, job) (volume_free_bytes / volume_size_bytes)"},
            steps=thresholds.FREE_SHARE,
        ),
    )
    yield (
        6,
        lines(
            "Size of the audit",
            "Size of the audit on disk. Above 4 GiB without a retention it is a ticket.",
            "bytes",
            {"{{store}}": "max by (store) (audit_store_bytes)"},
            steps=thresholds.AUDIT_SIZE,
        ),
    )
    yield (
        4,
        lines(
            "Prometheus: series",
            "Time series in memory. They grow with the versions that have served, not with clients.",
            "short",
            {"series": "prometheus_tsdb_head_series"},
            steps=thresholds.PROMETHEUS_SERIES,
        ),
    )
    yield (
        4,
        lines(
            "Prometheus: rules",
            "Time to evaluate each group of rules. The limit is fifteen seconds.",
            "s",
            {
                # The label is the file's whole path and the group's name.
                "{{group}}": 'label_replace(prometheus_rule_group_last_duration_seconds, "group", "$1", "rule_group", ".*;(.+)")'
            },
            steps=thresholds.RULE_SECONDS,
        ),
    )
    yield (
        4,
        lines(
            "Scrapes",
            "Time to scrape each target.",
            "s",
            {"{{job}}": "max by (job) (scrape_duration_seconds)"},
            steps=thresholds.SCRAPE_SECONDS,
        ),
    )
    yield (
        6,
        lines(
            "Alerts delivered",
            "Notifications that Alertmanager sent, and those that failed, by receiver.",
            "ops",
            {
                "sent: {{integration}}": "sum by (integration) (rate(alertmanager_notifications_total[$__rate_interval]))",
                "failed: {{integration}}": "sum by (integration) (rate(alertmanager_notifications_failed_total[$__rate_interval]))",
            },
        ),
    )
