"""What the platform is made of: who answers, what arrives, and how much room is left."""

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
        "What the platform is made of: who answers, what arrives, and how much room is left.",
        [
            Strip("Who answers", 5, _targets()),
            Strip("The courier", 8, _courier()),
            Strip("MLflow and the loop", 8, _mlflow()),
            Strip("PostgreSQL", 8, _postgres()),
            Strip("Room, and Prometheus itself", 8, _room()),
        ],
    )


def _targets() -> Panels:
    yield (
        12,
        number(
            "Targets",
            "Each part that Prometheus reads. The retrainer is only there when it runs.",
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
            "Whether MLflow has answered the courier within the last minute.",
            "short",
            "time() - max(registry_last_success_timestamp_seconds) < bool 60",
            steps=thresholds.PRESENT,
            said=("silent", "answers"),
        ),
    )
    yield (
        6,
        number(
            "Store",
            "Whether the audit's database answered the courier last time.",
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
            "Rows answered and landed",
            "What the api answered, and what the courier brought into the store.",
            "rowsps",
            {
                "answered": 'sum(rate(predictions_total{variant!="shadow"}[$__rate_interval]))',
                "landed: {{kind}}": "sum by (kind) (rate(records_landed_total[$__rate_interval]))",
            },
        ),
    )
    yield (
        6,
        lines(
            "Quarantine and refusals",
            "Rows the store refused, and versions that could not be served. Anything but nothing is a fault." + QUIET,
            "short",
            {
                "quarantined": "sum(increase(records_quarantined_total[$__range]))",
                "refused by the courier: {{reason}}": "sum by (reason) (increase(bundles_refused_total[$__range]))",
                "refused by the api: {{reason}}": 'sum by (reason) (increase(model_swaps_total{outcome="refused"}[$__range]))',
            },
            steps=thresholds.ANY,
        ),
    )
    yield (
        6,
        lines(
            "Policies written",
            "Generation of policy.json: one step for every move of an alias that changed what serves.",
            "short",
            {"generation": "max(policy_generation)", "swaps by workers": 'sum(model_swaps_total{outcome="done"})'},
        ),
    )
    yield (
        6,
        lines(
            "Courier's memory",
            "Resident memory of the courier. It lands in batches and keeps none.",
            "bytes",
            {"resident": 'process_resident_memory_bytes{job="courier"}'},
            steps=thresholds.COURIER_BYTES,
        ),
    )


def _mlflow() -> Panels:
    yield (
        6,
        lines(
            "Looks at the registry",
            "The courier asks MLflow where the aliases point; unavailable is no answer.",
            "ops",
            {"{{outcome}}": "sum by (outcome) (rate(registry_polls_total[$__rate_interval]))"},
        ),
    )
    yield (
        6,
        lines(
            "Latency of a call to MLflow",
            "Time in which MLflow says where all three aliases point.",
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
            "The version each alias names in the registry, and the one that serves; 0 for none. Where the two differ for longer than a "
            "minute, the version was refused: `make models` says why.",
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
            "What the retrainer did, and how much traffic it has given a canary." + OFF,
            "short",
            {
                "{{trigger}}: {{outcome}}": "sum by (trigger, outcome) (increase(retrains_total[$__range]))",
                "rollout: {{action}}": "sum by (action) (increase(rollout_steps_total[$__range]))",
                "percent": "max(rollout_percent)",
                "running": "max(retrain_running)",
                "alerts heard: {{kind}}": "sum by (kind) (increase(retrain_alerts_total[$__range]))",
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
            "Size",
            "What each database takes on disk.",
            "bytes",
            "SELECT datname AS database, pg_database_size(datname) AS bytes FROM pg_database\nWHERE NOT datistemplate ORDER BY bytes DESC",
            steps=thresholds.POSTGRES_BYTES,
        ),
    )
    yield (
        12,
        rows(
            "Slowest statements",
            "By mean time since the server's statistics began, parameters left out.",
            "none",
            _SLOW,
        ),
    )


def _room() -> Panels:
    yield (
        6,
        lines(
            "Free space",
            "Where the journal, the bundles and the workers' counters lie. Counters below half wake somebody.",
            "percentunit",
            {"{{volume}} ({{job}})": "min by (volume, job) (volume_free_bytes / volume_size_bytes)"},
            steps=thresholds.FREE_SHARE,
        ),
    )
    yield (
        6,
        lines(
            "Size of the audit",
            "What the audit takes on disk. Above 4 GiB without a retention somebody gets a ticket.",
            "bytes",
            {"{{store}}": "max by (store) (audit_store_bytes)"},
            steps=thresholds.AUDIT_SIZE,
        ),
    )
    yield (
        4,
        lines(
            "Prometheus: series",
            "Series in memory. It grows with versions that have served, never with clients.",
            "short",
            {"series": "prometheus_tsdb_head_series"},
            steps=thresholds.PROMETHEUS_SERIES,
        ),
    )
    yield (
        4,
        lines(
            "Prometheus: rules",
            "Time to evaluate each group of rules; it has fifteen seconds.",
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
            "Time to read each target.",
            "s",
            {"{{job}}": "max by (job) (scrape_duration_seconds)"},
            steps=thresholds.SCRAPE_SECONDS,
        ),
    )
    yield (
        6,
        lines(
            "Alerts delivered",
            "Notifications Alertmanager sent, and those that failed, by kind.",
            "ops",
            {
                "sent: {{integration}}": "sum by (integration) (rate(alertmanager_notifications_total[$__rate_interval]))",
                "failed: {{integration}}": "sum by (integration) (rate(alertmanager_notifications_failed_total[$__rate_interval]))",
            },
        ),
    )
