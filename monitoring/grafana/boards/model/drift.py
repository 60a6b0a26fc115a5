"""Panels of the board Model: drift, together and of each feature."""

from grafana_foundation_sdk.builders import timeseries

from monitoring.grafana.boards import thresholds
from monitoring.grafana.boards.board import Panels
from monitoring.grafana.boards.drift_by_feature import drift_by_feature
from monitoring.grafana.boards.panel_frame import OFF
from monitoring.grafana.boards.panels import lines, side_by_side


def drift() -> Panels:
    yield 6, drift_by_feature()
    yield (
        6,
        _over_time(
            "an hour",
            "1h",
            "Population stability index of each feature and of the predicted classes. Alerts fire above the two alert lines.",
        ),
    )
    yield (
        6,
        _over_time("a day", "24h", "The same over 24 hours: slower, and with less noise when there are few requests."),
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
                "alert, lower end": "max(drift:joint:threshold)",
            },
        ),
    )


def features() -> Panels:
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


def _over_time(words: str, window: str, about: str) -> timeseries.Panel:
    """``window`` is that of the recording rules: 1h or 24h."""
    return lines(
        f"Drift over time, {words}",
        about,
        "none",
        {
            "{{feature}}": f"max by (feature) (version_feature:psi:{window})",
            "answers": f"max(version:psi:{window})",
            "alert, features": f"max(version_feature:psi:threshold{window})",
            "alert, answers": f"max(version:psi:threshold{window})",
        },
        steps=thresholds.PSI,
    )
