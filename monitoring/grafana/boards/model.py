"""Model: predictions, confidence, drift, canary and shadow, accuracy by feedback."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.grafana.boards import thresholds
from monitoring.grafana.boards.board import Panels, Strip, make
from monitoring.grafana.boards.panels import ALONE, OFF, lines, number, rows, side_by_side, worst_first

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


def board() -> Dashboard:
    return make(
        "model",
        "Model",
        "Predictions, confidence, drift, canary and shadow, and accuracy by feedback.",
        [
            Strip("Now", 4, _now()),
            Strip("Answers", 9, _answers()),
            Strip("Drift", 9, _drift()),
            Strip("Each feature, last hour and training", 8, _features()),
            Strip("Production, canary, shadow", 8, _variants()),
            Strip("Accuracy and feedback", 9, _accuracy()),
        ],
        variables=[("version", "model_info"), ("variant", "model_info"), ("feature", "feature_reference_ratio")],
    )


def _now() -> Panels:
    yield (
        6,
        number(
            "Served versions",
            "Versions that at least one worker serves.",
            "short",
            f"sum by (version, variant) (model_info{{{_CHOSEN}}}) > 0",
            legend="version {{version}}, {{variant}}",
            only_names=True,
        ),
    )
    yield (
        3,
        number(
            "Accuracy on the hold-out",
            "Of the version in production, on rows that no candidate was trained on.",
            "percentunit",
            'max(model_accuracy_ratio{variant="production"})',
            steps=thresholds.ACCURACY,
        ),
    )
    yield (
        3,
        number(
            "Accuracy by feedback",
            "Of the version in production, over a day. Panel Live accuracy shows how certain it is.",
            "percentunit",
            'max(version:accuracy:ratio{against="holdout"} and on (model, version) sum by (model, version) (model_info{variant="production"}) > 0)',
            steps=thresholds.ACCURACY,
        ),
    )
    yield (
        3,
        number(
            "Worst drift",
            "The largest population stability index of a feature over the last hour.",
            "none",
            "max(version_feature:psi:1h)",
            steps=thresholds.PSI,
        ),
    )
    yield (
        3,
        number(
            "Drift of predictions",
            "Population stability index of the predicted classes over the last hour.",
            "none",
            "max(version:psi:1h)",
            steps=thresholds.PSI,
        ),
    )
    yield (
        3,
        number(
            "Confident answers",
            "Share of the answers whose class had a probability above 0.9.",
            "percentunit",
            f'sum(rate(prediction_confidence_total{{{_CHOSEN}, bin=~"\\\\(0.9.*"}}[$__rate_interval])) / (sum(rate(prediction_confidence_total{{{_CHOSEN}}}[$__rate_interval])) > 0)',
        ),
    )
    yield (
        3,
        number(
            "Canary's share",
            "Share of the requests without a named version that the canary answers." + ALONE,
            "percentunit",
            "max(canary_traffic_ratio)",
        ),
    )


def _answers() -> Panels:
    yield (
        8,
        side_by_side(
            "Answers by class, now and in training",
            "Shares of the last hour (from 500 rows on) beside those of the training rows.",
            "percentunit",
            "label",
            {
                "now": "sum by (label) (version_label:observed:ratio1h and on (model, version) version_label:expected:ratio)",
                "training": "sum by (label) (version_label:expected:ratio)",
            },
        ),
    )
    yield (
        8,
        lines(
            "Answers by class",
            "Answered rows per second, by predicted class.",
            "rowsps",
            {"{{label}}": f"sum by (label) (rate(predictions_total{{{_CHOSEN}}}[$__rate_interval]))"},
            stacked=True,
        ),
    )
    yield (
        8,
        side_by_side(
            "Confidence",
            "Answers by the probability of the predicted class, over the time shown. Confidence often falls before users notice errors.",
            "short",
            "bin",
            {"rows": f"sum by (bin) (increase(prediction_confidence_total{{{_CHOSEN}}}[$__range]))"},
        ),
    )


def _drift() -> Panels:
    yield (
        6,
        worst_first(
            "Drift by feature",
            "Population stability index over the last hour, worst on top. 0.1 is worth a look; with a large training set 0.2 is an alert.",
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
            "Drift over time, an hour",
            "Population stability index of each feature and of the predicted classes. Alerts fire above the two alert lines.",
            "none",
            {
                "{{feature}}": "max by (feature) (version_feature:psi:1h)",
                "answers": "max(version:psi:1h)",
                "alert, features": "max(version_feature:psi:threshold1h)",
                "alert, answers": "max(version:psi:threshold1h)",
            },
            steps=thresholds.PSI,
        ),
    )
    yield (
        6,
        lines(
            "Drift over time, a day",
            "The same over 24 hours: slower, and with less noise when there are few requests.",
            "none",
            {
                "{{feature}}": "max by (feature) (version_feature:psi:24h)",
                "answers": "max(version:psi:24h)",
                "alert, features": "max(version_feature:psi:threshold24h)",
                "alert, answers": "max(version:psi:threshold24h)",
            },
            steps=thresholds.PSI,
        ),
    )
    yield (
        6,
        lines(
            "Values out of range",
            "Values outside of the contract's range. They are answered and counted.",
            "cps",
            {"{{feature}}": "sum by (feature) (rate(out_of_range_total[$__rate_interval]))"},
        ),
    )
    yield (
        24,
        lines(
            "Joint drift",
            "How well a classifier distinguishes last week's requests from the training rows, once a day: 0.5 not at all, "
            "1 always. Beyond chance where the lower end of its 99 % interval is above 0.5; make drift names the columns."
            + OFF,
            "none",
            {
                "area under the ROC curve": "max(joint_drift_auc_ratio)",
                "lower end": "max(joint_drift_auc_low_ratio)",
                "chance": "vector(0.5)",
            },
        ),
    )


def _features() -> Panels:
    now = 'sum by (bin) (version_feature_bin:observed:ratio1h{feature="$feature"} and on (model, version) version_feature_bin:expected:ratio)'
    training = 'sum by (bin) (version_feature_bin:expected:ratio{feature="$feature"})'
    panel = side_by_side(
        "$feature",
        "Shares of its values in the bins of the training rows: the last hour (from 500 rows on) beside training.",
        "percentunit",
        "bin",
        {"now": now, "training": training},
    )
    yield 24, panel.repeat("feature").repeat_direction("h").max_per_row(4)


def _variants() -> Panels:
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


def _accuracy() -> Panels:
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
