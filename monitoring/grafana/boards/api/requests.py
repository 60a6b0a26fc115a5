"""Panels of the board Api: requests and latency."""

from monitoring.grafana.boards import thresholds
from monitoring.grafana.boards.board import Panels
from monitoring.grafana.boards.panel_frame import QUIET
from monitoring.grafana.boards.panels import heat, lines, number

_P = "histogram_quantile({q}, sum by (le{by}) (rate({metric}_bucket{{{labels}}}[$__rate_interval])))"
_CHOSEN = 'version=~"$version", variant=~"$variant"'


def now() -> Panels:
    yield (
        4,
        number(
            "Requests",
            "Requests of all routes, per second.",
            "reqps",
            "sum(rate(http_requests_total[$__rate_interval]))",
        ),
    )
    yield (
        4,
        number(
            "Failed",
            "Share of all requests that were answered with a 5xx.",
            "percentunit",
            '(sum(rate(http_requests_total{status=~"5.."}[$__rate_interval])) or vector(0)) / (sum(rate(http_requests_total[$__rate_interval])) > 0)',
            steps=thresholds.FAILED_SHARE,
        ),
    )
    yield (
        4,
        number(
            "p95",
            "95 % of the predictions were in the journal within this time after the request's last byte.",
            "s",
            _P.format(q=0.95, by="", metric="predict_latency_seconds", labels=_CHOSEN),
            steps=thresholds.LATENCY,
        ),
    )
    yield (
        4,
        number(
            "In flight",
            "Requests in progress.",
            "short",
            "sum(http_requests_in_flight)",
            steps=thresholds.IN_FLIGHT,
        ),
    )
    yield (
        4,
        number("Workers", "Running worker processes.", "short", "sum(workers)", steps=thresholds.PRESENT),
    )
    yield (
        4,
        number(
            "Failed predictions",
            "Requests that a version accepted and could not answer, over the time shown.",
            "short",
            f"sum(increase(prediction_failures_total{{{_CHOSEN}}}[$__range])) or vector(0)",
            steps=thresholds.ANY,
        ),
    )


def traffic() -> Panels:
    yield (
        8,
        lines(
            "Requests by route",
            "By the template of the route, so clients cannot create new series.",
            "reqps",
            {"{{method}} {{route}}": "sum by (method, route) (rate(http_requests_total[$__rate_interval])) > 0"},
        ),
    )
    yield (
        8,
        lines(
            "Errors by status",
            "4xx are errors of the client, 5xx of the service. 503 is a refusal by admission control." + QUIET,
            "reqps",
            {
                "{{status}} {{route}}": 'sum by (status, route) (rate(http_requests_total{status=~"[45].."}[$__rate_interval])) > 0'
            },
            bars=True,
        ),
    )
    yield (
        8,
        lines(
            "Refused requests",
            "By reason: overload, no model, journal not writable, too many connections, deadline, API keys." + QUIET,
            "reqps",
            {
                "{{reason}}": "sum by (reason) (rate(requests_shed_total[$__rate_interval])) > 0",
                "keys: {{reason}}": "sum by (reason) (rate(api_key_refusals_total[$__rate_interval])) > 0",
            },
            bars=True,
        ),
    )


def latency() -> Panels:
    by_variant = _P.format(q=0.95, by=", version, variant", metric="predict_latency_seconds", labels=_CHOSEN)
    yield (
        6,
        lines(
            "Prediction latency",
            "From the request's last byte until the answer is in the journal. The objective is 99 % below the line.",
            "s",
            {
                f"p{q}": _P.format(q=q / 100, by="", metric="predict_latency_seconds", labels=_CHOSEN)
                for q in (50, 95, 99)
            },
            steps=thresholds.LATE,
        ),
    )
    yield (
        6,
        heat(
            "Prediction latency, distribution",
            "Number of predictions by latency. It shows what percentiles hide.",
            "s",
            f"sum by (le) (increase(predict_latency_seconds_bucket{{{_CHOSEN}}}[$__rate_interval]))",
        ),
    )
    yield (
        6,
        lines(
            "p95 by route",
            "From the request's headers to its answer, including the time to receive the body.",
            "s",
            {"{{route}}": _P.format(q=0.95, by=", route", metric="http_request_duration_seconds", labels="")},
        ),
    )
    yield (
        6,
        lines(
            "p95 by version",
            "Production and canary: shows whether a new version is slower.",
            "s",
            {"version {{version}}, {{variant}}": by_variant},
            steps=thresholds.LATE,
        ),
    )
