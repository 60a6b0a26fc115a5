"""Overview: health, error budget, requests, served versions, drift, alerts and moves."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards import thresholds
from monitoring.grafana.boards.board import Panels, Strip, make
from monitoring.grafana.boards.panels import QUIET, lines, number, rows, series_table, worst_first


def board() -> Dashboard:
    return make(
        "overview",
        "Overview",
        "Health of the platform: error budget, requests, served versions, drift, alerts and moves.",
        [
            Strip("Health", 4, _health()),
            Strip("Service level", 8, _service_level()),
            Strip("Model and data", 8, _model()),
            Strip("Events", 8, _events()),
        ],
        variables=[("version", "model_info"), ("variant", "model_info")],
    )


def _health() -> Panels:
    yield (
        3,
        number(
            "Alerts firing",
            "Alerts that fire now, without the watchdog. The runbook says what to do.",
            "short",
            'count(ALERTS{alertstate="firing", alertname!="Watchdog"}) or vector(0)',
            steps=thresholds.ANY,
        ),
    )
    yield (
        3,
        number(
            "Availability budget left",
            "Share of the budget of seven days that is left: 0.1 % of the requests may fail.",
            "percentunit",
            'slo:budget_left:ratio7d{slo="availability"}',
            steps=thresholds.BUDGET_LEFT,
        ),
    )
    yield (
        3,
        number(
            "Latency budget left",
            "Share of the budget of seven days that is left: 1 % of the predictions may take longer than 25 ms.",
            "percentunit",
            'slo:budget_left:ratio7d{slo="latency"}',
            steps=thresholds.BUDGET_LEFT,
        ),
    )
    yield (
        3,
        number(
            "Requests",
            "Requests for predictions and feedback, per second.",
            "reqps",
            'sum(rate(http_requests_total{method="POST"}[$__rate_interval]))',
        ),
    )
    yield (
        3,
        number(
            "Failed",
            "Share of these requests that were answered with a 5xx.",
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
            "99 % of the predictions were in the journal within this time after the request's last byte.",
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
            "Pending records",
            "Requests in the journal that are not yet in the audit store. Normally those of one second.",
            "short",
            "sum(journal_pending_records)",
            steps=thresholds.PENDING,
        ),
    )


def _service_level() -> Panels:
    yield (
        8,
        lines(
            "Error budget burn",
            "1 uses up exactly the budget. 14.4 over one hour or 6 over six hours is a page; 1 over three days is a ticket.",
            "none",
            {"{{slo}}": "slo:burn:rate1h"},
            steps=thresholds.BURN,
        ),
    )
    yield (
        8,
        lines(
            "Requests and failures",
            "All POST requests, and those that were answered with a 5xx.",
            "reqps",
            {
                "requests": 'sum(rate(http_requests_total{method="POST"}[$__rate_interval]))',
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
            "Served versions",
            "Versions that at least one worker serves.",
            "short",
            'sum by (version, variant) (model_info{version=~"$version", variant=~"$variant"}) > 0',
            legend="version {{version}}, {{variant}}",
            only_names=True,
        ),
    )
    yield (
        6,
        worst_first(
            "Drift by feature",
            "Population stability index over the last hour, worst on top. Above 0.2 the feature has drifted from the training data.",
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
            "Answered rows per second, by predicted class.",
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
            "Answered and stored",
            "Answered rows, and rows that reached the audit store. Normally the two lines are the same.",
            "rowsps",
            {
                "answered": 'sum(rate(predictions_total{variant!="shadow"}[$__rate_interval]))',
                "stored": 'sum(rate(records_landed_total{kind="prediction"}[$__rate_interval]))',
            },
        ),
    )


def _events() -> Panels:
    yield (
        8,
        series_table(
            "Firing alerts",
            "The watchdog always fires: it shows that alerts are evaluated.",
            "none",
            'ALERTS{alertstate="firing"}',
            {
                "alertname": "alert",
                "severity": "severity",
                "model": "model",
                "job": "job",
                "version": "version",
                "feature": "feature",
            },
        ),
    )
    yield (
        8,
        rows(
            "Last alerts",
            "The last alerts that Alertmanager delivered, each with a link to its heading in the runbook." + QUIET,
            "none",
            "SELECT starts_at, name, status, severity, annotations ->> 'summary' AS summary, annotations ->> 'runbook_url' AS runbook FROM alerts\nWHERE name <> 'Watchdog' AND $__timeFilter(starts_at)\nORDER BY starts_at DESC, status DESC LIMIT 20",
            address="runbook",
        ),
    )
    yield (
        8,
        rows(
            "Moves",
            "Changes of an alias: which version, when and why.",
            "none",
            "SELECT at, model, variant, version, previous, percent, reason, verdict FROM model_moves\nORDER BY at DESC LIMIT 20",
        ),
    )
