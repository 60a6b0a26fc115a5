"""Panels of the board Platform: targets, courier, MLflow and retrainer."""

from monitoring.grafana.boards import thresholds
from monitoring.grafana.boards.board import Panels
from monitoring.grafana.boards.panel_frame import OFF, QUIET
from monitoring.grafana.boards.panels import lines, number


def targets() -> Panels:
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
            states=("down", "up"),
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
            states=("silent", "answers"),
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
            states=("silent", "answers"),
        ),
    )


def courier() -> Panels:
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


def mlflow() -> Panels:
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
            "Trainings by trigger and outcome, rollout steps, and alerts received, in each interval." + OFF,
            "short",
            {
                "{{trigger}}: {{outcome}}": "sum by (trigger, outcome) (increase(retrains_total[$__rate_interval])) > 0",
                "rollout: {{action}}": "sum by (action) (increase(rollout_steps_total[$__rate_interval])) > 0",
                "alerts received: {{kind}}": "sum by (kind) (increase(retrain_alerts_total[$__rate_interval])) > 0",
            },
            bars=True,
        ),
    )
