"""The part that every panel has: title, description, unit, thresholds, and a text that it shows without a value."""

from collections.abc import Sequence
from typing import TypeVar

from grafana_foundation_sdk.builders import barchart, bargauge, heatmap, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import Panel, ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsMode

Steps = Sequence[tuple[float | None, str]]
"""From which value on a colour holds; below the first it is green, unless the first begins at None."""

QUIET = " Quiet when healthy."
ALONE = " Quiet without a canary or shadow."
OFF = " Quiet without the retrainer."
NO_SEGMENT = " Quiet without a column marked segment: true."
"""Ends of a description: why the panel may be empty under traffic."""

EMPTY = {
    QUIET: "none, as it should be",
    ALONE: "no canary or shadow",
    OFF: "the retrainer does not run",
    NO_SEGMENT: "no segment",
}
"""The words of a panel without values, by the end of its description."""
NO_DATA = "no data yet"
"""The same for a panel that has values as soon as there is traffic."""

AnyPanel = TypeVar(
    "AnyPanel", Panel, stat.Panel, timeseries.Panel, heatmap.Panel, table.Panel, barchart.Panel, bargauge.Panel
)
Built = Panel | stat.Panel | timeseries.Panel | heatmap.Panel | table.Panel | barchart.Panel | bargauge.Panel


def dressed(panel: AnyPanel, title: str, about: str, unit: str, steps: Steps) -> AnyPanel:
    """With title, description, unit, thresholds, and the words that stand for no value."""
    if not steps or steps[0][0] is not None:
        steps = [(None, "green"), *steps]
    limits = [Threshold(value=value, color=colour) for value, colour in steps]
    empty = next((words for end, words in EMPTY.items() if about.endswith(end)), NO_DATA)
    panel.title(title).description(about).unit(unit).no_value(empty)
    panel.thresholds(ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(limits))
    return panel
