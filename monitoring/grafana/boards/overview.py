"""Is it well? The promise and what is left of it, what is asked and answered, which model, drift, and what happened."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards import thresholds
from monitoring.grafana.boards.board import Panels, Strip, make
from monitoring.grafana.boards.panels import QUIET, lines, number, rows, series_table, worst_first


def board() -> Dashboard:
    return make(
        "overview",
        "Overview",
        "Is it well? Which model serves, has the world moved away from its training, and what happened.",
        [
            Strip("Is it well?", 4, _well()),
            Strip("The promise", 8, _promise()),
            Strip("Model and data", 8, _model()),
            Strip("What happened", 8, _happened()),
        ],
        variables=[("version", "model_info"), ("variant", "model_info")],
    )


def _well() -> Panels:
    yield (
        3,
        number(
            "Alerts firing",
            "Alerts that fire now, the watchdog aside. What to do is in the runbook.",
            "short",
            'count(ALERTS{alertstate="firing", alertname!="Watchdog"}) or vector(0)',
            steps=thresholds.ANY,
        ),
    )
    yield (
        3,
        number(
            "Availability budget left",
            "Of what may fail in seven days, 0.1 % of the requests, how much is left.",
            "percentunit",
            'slo:budget_left:ratio7d{slo="availability"}',
            steps=thresholds.BUDGET_LEFT,
        ),
    )
    yield (
        3,
        number(
            "Latency budget left",
            "Of the 1 % of predictions that may take longer than 25 ms in seven days, how much is left.",
            "percentunit",
            'slo:budget_left:ratio7d{slo="latency"}',
            steps=thresholds.BUDGET_LEFT,
        ),
    )
    yield (
        3,
        number(
            "Requests",
            "Predictions and feedback asked for, per second.",
            "reqps",
            'sum(rate(http_requests_total{method="POST"}[$__rate_interval]))',
        ),
    )
    yield (
        3,
        number(
            "Failed",
            "Share of what was asked for that was answered with a 5xx.",
            "percentunit",
            '(sum(rate(http_requests_total{method="POST", status=~"5.."}[$__rate_interval])) or vector(0))'
            ' / (sum(rate(http_requests_total{method="POST"}[$__rate_interval])) > 0)',
            steps=thresholds.FAILED_SHARE,
        ),
    )
    yield (
        3,
        number(
            "p99",
            "99 % of the predictions were in the journal within this time of their last byte.",
            "s",
            "histogram_quantile(0.99, sum by (le) (rate(predict_latency_seconds_bucket[$__rate_interval])))",
            steps=thresholds.LATE,
        ),
    )
    yield (
        3,
        number(
            "Worst drift",
            "The largest population stability index of a feature over the last hour, from 500 rows on.",
            "none",
            "max(version_feature:psi:1h)",
            steps=thresholds.PSI,
        ),
    )
    yield (
        3,
        number(
            "Waiting for the audit",
            "Requests in the journal that have not landed in the store. Normally a second's worth.",
            "short",
            "sum(journal_pending_records)",
            steps=thresholds.PENDING,
        ),
    )


def _promise() -> Panels:
    yield (
        8,
        lines(
            "Error budget burn",
            "1 uses up exactly the budget. 14.4 over an hour, or 6 over six, wakes somebody; 1 over three days is a ticket.",
            "none",
            {"{{slo}}": "slo:burn:rate1h"},
            steps=thresholds.BURN,
        ),
    )
    yield (
        8,
        lines(
            "Requests and failures",
            "What was asked for, and what was answered with a 5xx.",
            "reqps",
            {
                "asked": 'sum(rate(http_requests_total{method="POST"}[$__rate_interval]))',
                "failed": 'sum(rate(http_requests_total{method="POST", status=~"5.."}[$__rate_interval])) or vector(0)',
            },
        ),
    )
    yield (
        8,
        lines(
            "Latency of predictions",
            "From the request's last byte until the answer is in the journal.",
            "s",
            {
                f"p{q}": f"histogram_quantile({q / 100}, sum by (le) (rate(predict_latency_seconds_bucket[$__rate_interval])))"
                for q in (50, 95, 99)
            },
            steps=thresholds.LATE,
        ),
    )


def _model() -> Panels:
    yield (
        6,
        number(
            "In service",
            "Versions in service, and how many workers have each.",
            "short",
            'sum by (version, variant) (model_info{version=~"$version", variant=~"$variant"}) > 0',
            legend="version {{version}}, {{variant}}",
            names=True,
        ),
    )
    yield (
        6,
        worst_first(
            "Drift by feature",
            "Population stability index over the last hour, worst on top. Above 0.2 the feature is no longer what was trained on.",
            "none",
            "max by (feature) (version_feature:psi:1h)",
            "{{feature}}",
            steps=thresholds.PSI,
            most=0.5,
        ),
    )
    yield (
        6,
        lines(
            "Answers by class",
            "Rows answered, by the class that was answered.",
            "rowsps",
            {
                "{{label}}": 'sum by (label) (rate(predictions_total{version=~"$version", variant=~"$variant"}[$__rate_interval]))'
            },
            stacked=True,
        ),
    )
    yield (
        6,
        lines(
            "Answered and landed",
            "Rows answered, and rows that arrived in the store. The two lines lie on each other when all is well.",
            "rowsps",
            {
                "answered": 'sum(rate(predictions_total{variant!="shadow"}[$__rate_interval]))',
                "landed": 'sum(rate(records_landed_total{kind="prediction"}[$__rate_interval]))',
            },
        ),
    )


def _happened() -> Panels:
    yield (
        8,
        series_table(
            "Firing now",
            "The watchdog always fires: it shows that alerts are evaluated.",
            "none",
            'ALERTS{alertstate="firing"}',
            {"alertname": "alert", "severity": "severity", "job": "job", "version": "version", "feature": "feature"},
        ),
    )
    yield (
        8,
        rows(
            "Alerts",
            "The last alerts, as Alertmanager delivered them." + QUIET,
            "none",
            "SELECT starts_at, name, status, severity, annotations ->> 'summary' AS summary FROM alerts\nWHERE name <> 'Watchdog' AND $__timeFilter(starts_at)\nORDER BY starts_at DESC, status DESC LIMIT 20",
        ),
    )
    yield (
        8,
        rows(
            "Moves",
            "Which version came to serve what, when and why.",
            "none",
            "SELECT at, variant, version, previous, percent, reason, verdict FROM model_moves\nORDER BY at DESC LIMIT 20",
        ),
    )
