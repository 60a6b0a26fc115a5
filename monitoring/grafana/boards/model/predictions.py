"""Panels of the board Model: the versions now, and their answers."""

from monitoring.grafana.boards import thresholds
from monitoring.grafana.boards.board import Panels
from monitoring.grafana.boards.panel_frame import ALONE
from monitoring.grafana.boards.panels import lines, number, side_by_side

_CHOSEN = 'version=~"$version", variant=~"$variant"'


def now() -> Panels:
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


def answers() -> Panels:
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
