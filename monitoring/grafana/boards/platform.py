"""Platform: targets, courier, MLflow, retrainer, PostgreSQL, disk space and Prometheus."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards import thresholds
from monitoring.grafana.boards.board import Panels, Strip, make
from monitoring.grafana.boards.panels import OFF, QUIET, lines, number, rows

_SLOW = """SELECT round(mean_exec_time::numeric, 2) AS mean_ms, calls, round(total_exec_time::numeric) AS total_ms,
       datname AS database, left(regexp_replace(query, '\\s+', ' ', 'g'), 120) AS statement
FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
WHERE datname IN ('audit', 'mlflow') ORDER BY mean_exec_time DESC LIMIT 10"""


def board() -> Dashboard:
    return make(
        "platform",
        "Platform",
        "Targets, courier, MLflow, retrainer, PostgreSQL, disk space and Prometheus.",
        [
            Strip("Health of the parts", 5, _targets()),
            Strip("Courier", 8, _courier()),
            Strip("MLflow and retrainer", 8, _mlflow()),
            Strip("PostgreSQL", 8, _postgres()),
            Strip("Disk space and Prometheus", 8, _space()),
        ],
    )


def _targets() -> Panels:
    yield (
        12,
        number(
            "Targets",
            "Each part that Prometheus scrapes. The retrainer is listed only while it runs.",
            "short",
            "max by (job) (up)",
            steps=thresholds.PRESENT,
            legend="{{job}}",
            names=True,
            said=("down", "up"),
        ),
    )
    yield (
        6,
        number(
            "MLflow",
            "Whether MLflow answered the courier within the last minute.",
            "short",
            "time() - max(registry_last_success_timestamp_seconds) < bool 60",
            steps=thresholds.PRESENT,
            said=("silent", "answers"),
        ),
    )
    yield (
        6,
        number(
            "Audit store",
            "Whether the database answered the courier's last request.",
            "short",
            "min(store_up)",
            steps=thresholds.PRESENT,
            said=("silent", "answers"),
        ),
    )


def _courier() -> Panels:
    yield (
        6,
        lines(
            "Rows answered and stored",
            "Rows that the api answered, and rows that the courier stored.",
            "rowsps",
            {
                "answered": 'sum(rate(predictions_total{variant!="shadow"}[$__rate_interval]))',
                "stored: {{kind}}": "sum by (kind) (rate(records_landed_total[$__rate_interval]))",
            },
        ),
    )
    yield (
        6,
        lines(
            "Quarantine and refusals",
            "Rows that the store refused, and versions that could not be served. Any value above 0 is a fault." + QUIET,
            "short",
            {
                "quarantined": "sum(increase(records_quarantined_total[$__rate_interval])) > 0",
                "refused by the courier: {{reason}}": "sum by (reason) (increase(bundles_refused_total[$__rate_interval])) > 0",
                "refused by the api: {{reason}}": 'sum by (reason) (increase(model_swaps_total{outcome="refused"}[$__rate_interval])) > 0',
            },
            bars=True,
            steps=thresholds.ANY,
        ),
    )
    yield (
        6,
        lines(
            "Policies written",
            "Generation of policy.json. It grows with each move of an alias that changes the served versions.",
            "short",
            {"generation": "max(policy_generation)", "swaps by workers": 'sum(model_swaps_total{outcome="done"})'},
        ),
    )
    yield (
        6,
        lines(
            "Courier's memory",
            "Resident memory of the courier. It should not grow with the number of records.",
            "bytes",
            {"resident": 'process_resident_memory_bytes{job="courier"}'},
            steps=thresholds.COURIER_BYTES,
        ),
    )


def _mlflow() -> Panels:
    yield (
        6,
        lines(
            "Polls of the registry",
            "The courier reads the aliases from MLflow; unavailable means that MLflow did not answer.",
            "ops",
            {"{{outcome}}": "sum by (outcome) (rate(registry_polls_total[$__rate_interval]))"},
        ),
    )
    yield (
        6,
        lines(
            "Latency of MLflow",
            "Time of one poll, for all three aliases.",
            "s",
            {
                f"p{q}": f"histogram_quantile({q / 100}, sum by (le) (rate(registry_answer_seconds_bucket[$__rate_interval])))"
                for q in (50, 95)
            },
            steps=thresholds.ANY,
        ),
    )
    yield (
        6,
        lines(
            "Aliases",
            "The version that each alias names in the registry, and the one that serves; 0 for none. If they differ for more than a "
            "minute, the version was refused: `make models` shows the reason.",
            "short",
            {
                "{{alias}} names": "max by (alias) (registry_alias_version)",
                "{{alias}} serves": "max by (alias) (policy_alias_version)",
            },
        ),
    )
    yield (
        6,
        lines(
            "Trainings and rollouts",
            "Trainings by trigger and outcome, rollout steps, and the canary's share of traffic." + OFF,
            "short",
            {
                "{{trigger}}: {{outcome}}": "sum by (trigger, outcome) (increase(retrains_total[$__range]))",
                "rollout: {{action}}": "sum by (action) (increase(rollout_steps_total[$__range]))",
                "percent": "max(rollout_percent)",
                "running": "max(retrain_running)",
                "alerts received: {{kind}}": "sum by (kind) (increase(retrain_alerts_total[$__range]))",
            },
        ),
    )


def _postgres() -> Panels:
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


def _space() -> Panels:
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
