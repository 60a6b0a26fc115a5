"""Panels of the board Overview: health and service level."""

from monitoring.grafana.boards import thresholds
from monitoring.grafana.boards.board import Panels
from monitoring.grafana.boards.panels import lines, number


def health() -> Panels:
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


def service_level() -> Panels:
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
