"""Panels of the board Model: production beside canary and shadow, accuracy and feedback."""

from monitoring.grafana.boards import thresholds
from monitoring.grafana.boards.board import Panels
from monitoring.grafana.boards.panel_frame import ALONE
from monitoring.grafana.boards.panels import lines
from monitoring.grafana.boards.tables import rows

_CHOSEN = 'version=~"$version", variant=~"$variant"'
_LAST = """SELECT at, model, version, variant, label, round((probabilities ->> label)::numeric, 3) AS probability,
       round(latency_ms::numeric, 2) AS latency_ms, features, request_id
FROM predictions
WHERE ('${model:raw}' = '^$' OR model ~ '^(${model:raw})$') AND version ~ '^(${version:regex})$' AND variant ~ '^(${variant:regex})$' AND $__timeFilter(at)
ORDER BY at DESC LIMIT 20"""
_BY_VERSION = """SELECT model, version, variant, sum(predictions)::bigint AS answers, sum(judged)::bigint AS judged,
       sum(correct)::double precision / nullif(sum(judged), 0)::double precision AS accuracy
FROM quality_by_version_and_day
WHERE ('${model:raw}' = '^$' OR model ~ '^(${model:raw})$') AND version ~ '^(${version:regex})$' AND variant ~ '^(${variant:regex})$'
  AND day BETWEEN $__timeFrom()::timestamptz::date AND $__timeTo()::timestamptz::date
GROUP BY model, version, variant ORDER BY model, version DESC, variant"""


def variants() -> Panels:
    yield (
        6,
        lines(
            "Rows by version",
            "Answered rows by version. A shadow answers copies of the requests, and its answers go to no client.",
            "rowsps",
            {
                "version {{version}}, {{variant}}": f"sum by (version, variant) (rate(predictions_total{{{_CHOSEN}}}[$__rate_interval]))"
            },
        ),
    )
    yield (
        6,
        lines(
            "Classes by variant",
            "Share of each class among the answers of each variant.",
            "percentunit",
            {
                "{{variant}}: {{label}}": f"sum by (variant, label) (rate(predictions_total{{{_CHOSEN}}}[$__rate_interval])) / on (variant) group_left () (sum by (variant) (rate(predictions_total{{{_CHOSEN}}}[$__rate_interval])) > 0)"
            },
        ),
    )
    yield (
        6,
        lines(
            "Shadow agreement",
            "Share of production's answers, by class, for which the shadow predicts the same class." + ALONE,
            "percentunit",
            {
                "{{label}}": 'sum by (label) (rate(shadow_agreement_total{outcome="agree"}[$__rate_interval])) / (sum by (label) (rate(shadow_agreement_total[$__rate_interval])) > 0)'
            },
            steps=thresholds.AGREEMENT,
        ),
    )
    yield (
        6,
        lines(
            "Rows without a shadow answer",
            "Rows that were not sent to the shadow, by reason: under load it is dropped first." + ALONE,
            "rowsps",
            {"{{reason}}": "sum by (reason) (rate(shadow_dropped_total[$__rate_interval])) > 0"},
        ),
    )


def accuracy() -> Panels:
    yield (
        8,
        lines(
            "Live accuracy",
            "Share of answers with feedback that were correct, over two hours and a day. An alert fires below the floor, the lowest value that chance explains with this many answers and this hold-out.",
            "percentunit",
            {
                "version {{version}}, two hours": 'version:accuracy:ratio{against="before"}',
                "version {{version}}, two hours, floor": 'clamp_min(version:accuracy:floor{against="before"}, 0)',
                "version {{version}}, a day": 'version:accuracy:ratio{against="holdout"}',
                "version {{version}}, a day, floor": 'clamp_min(version:accuracy:floor{against="holdout"}, 0)',
                "version {{version}} on its hold-out": "max by (version) (model_accuracy_ratio) > 0",
            },
        ),
    )
    yield (
        8,
        lines(
            "Estimated accuracy",
            "Without labels: the mean calibrated confidence of an hour's answers, beside the accuracy by feedback. It follows a shift of the inputs and is blind to a change of their meaning. An alert fires below the floor.",
            "percentunit",
            {
                "version {{version}}, estimated": "version:estimated:ratio",
                "version {{version}}, floor": "clamp_min(version:estimated:floor, 0)",
                "version {{version}}, by feedback": 'version:accuracy:ratio{against="before"}',
            },
        ),
    )
    yield (
        8,
        lines(
            "Coverage",
            "Share of the answers with feedback whose set or interval holds the truth, over a day, whether or not the client asked for one. An alert fires below the floor.",
            "percentunit",
            {
                "version {{version}}": "version:coverage:ratio",
                "version {{version}}, promised": "version:coverage:promised",
                "version {{version}}, floor": "clamp_min(version:coverage:floor, 0)",
            },
        ),
    )
    yield (
        16,
        lines(
            "Feedback",
            "Correct and wrong answers by feedback, by the version that answered.",
            "cps",
            {"version {{version}} {{outcome}}": "sum by (version, outcome) (rate(feedback_total[$__rate_interval]))"},
        ),
    )
    yield (
        24,
        rows(
            "Accuracy by version",
            "All feedback of the days shown; the latest on a prediction counts.",
            "short",
            _BY_VERSION,
        ),
    )
    yield (
        24,
        rows("Last answers in the audit", "The last requests and answers in PostgreSQL.", "none", _LAST),
    )
