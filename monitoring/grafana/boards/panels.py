"""The kinds of panel the boards are made of. Each takes a title, what it says in a sentence, and a unit; none is optional."""

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import TypeVar

from grafana_foundation_sdk.builders import barchart, bargauge, heatmap, stat, table, timeseries
from grafana_foundation_sdk.builders.common import (
    GraphThresholdsStyleConfig,
    ReduceDataOptions,
    StackingConfig,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.builders.dashboard import Panel, ThresholdsConfig
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)

from monitoring.grafana.boards.queries import AUDIT, PROMETHEUS, Sql, now, over_time

Steps = Sequence[tuple[float | None, str]]
"""From which value on a colour holds; below the first it is green, unless the first begins at None."""

QUIET = " Quiet when healthy."
ALONE = " Quiet without a canary or shadow."
OFF = " Quiet without the retrainer."
"""Ends of a description: why the panel may be empty under traffic."""

AnyPanel = TypeVar(
    "AnyPanel", Panel, stat.Panel, timeseries.Panel, heatmap.Panel, table.Panel, barchart.Panel, bargauge.Panel
)
Built = Panel | stat.Panel | timeseries.Panel | heatmap.Panel | table.Panel | barchart.Panel | bargauge.Panel


def number(
    title: str,
    about: str,
    unit: str,
    expression: str,
    *,
    steps: Steps = (),
    legend: str = "__auto",
    names: bool = False,
    said: tuple[str, str] | None = None,
) -> stat.Panel:
    """One number, or one for each series; `names` shows what each is called, `said` are words for 0 and 1."""
    panel = _dressed(stat.Panel(), title, about, unit, steps)
    panel.with_target(now(expression, legend, "A")).datasource(PROMETHEUS)
    panel.graph_mode(BigValueGraphMode.NONE).color_mode(BigValueColorMode.VALUE if steps else BigValueColorMode.NONE)
    panel.text_mode(BigValueTextMode.VALUE_AND_NAME if names else BigValueTextMode.VALUE)
    if said is not None:
        words = {str(value): ValueMappingResult(text=word, index=value) for value, word in enumerate(said)}
        panel.mappings([ValueMap(options=words)])
    return panel.reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))


def lines(
    title: str, about: str, unit: str, series: Mapping[str, str], *, steps: Steps = (), stacked: bool = False
) -> timeseries.Panel:
    """Lines over time: what each is called, and its PromQL. Thresholds are drawn as dashed lines."""
    panel = _dressed(timeseries.Panel(), title, about, unit, steps).datasource(PROMETHEUS).min(0)
    for ref_id, (legend, expression) in zip(ascii_uppercase, series.items(), strict=False):
        panel.with_target(over_time(expression, legend, ref_id))
    if steps:
        panel.thresholds_style(GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED))
    if stacked:
        panel.stacking(StackingConfig().mode(StackingMode.NORMAL)).fill_opacity(30)
    panel.legend(
        VizLegendOptions().show_legend(True).display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
    )
    return panel.tooltip(VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))


def heat(title: str, about: str, unit: str, expression: str) -> heatmap.Panel:
    """A histogram's buckets over time."""
    panel = _dressed(heatmap.Panel(), title, about, unit, ()).datasource(PROMETHEUS)
    panel.with_target(over_time(expression, "{{le}}", "A", heat=True)).calculate(False)
    return panel.y_axis(heatmap.YAxisConfig().unit(unit)).show_legend()


def worst_first(
    title: str, about: str, unit: str, expression: str, legend: str, *, steps: Steps, most: float
) -> bargauge.Panel:
    """A bar for each series, the longest on top."""
    panel = _dressed(bargauge.Panel(), title, about, unit, steps).datasource(PROMETHEUS).min(0).max(most)
    panel.with_target(now(f"sort_desc({expression})", legend, "A"))
    panel.orientation(VizOrientation.HORIZONTAL).display_mode(BarGaugeDisplayMode.BASIC)
    return panel.reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))


def side_by_side(title: str, about: str, unit: str, over: str, series: Mapping[str, str]) -> barchart.Panel:
    """Bars beside each other for each value of the label `over`."""
    panel = _dressed(barchart.Panel(), title, about, unit, ()).datasource(PROMETHEUS).min(0)
    names = {over: over}
    for ref_id, (legend, expression) in zip(ascii_uppercase, series.items(), strict=False):
        panel.with_target(now(expression, legend, ref_id, table=True))
        names["Value" if len(series) == 1 else f"Value #{ref_id}"] = legend
    panel.with_transformation(DataTransformerConfig("merge", options={}))
    shown = {"excludeByName": {"Time": True}, "renameByName": names, "indexByName": {}}
    panel.with_transformation(DataTransformerConfig("organize", options=shown))
    panel.with_transformation(DataTransformerConfig("sortBy", options={"sort": [{"field": over}]}))
    return (
        panel.x_field(over)
        .x_tick_label_rotation(-30)
        .legend(
            VizLegendOptions().show_legend(True).placement(LegendPlacement.BOTTOM).display_mode(LegendDisplayMode.LIST)
        )
    )


def rows(title: str, about: str, unit: str, source: str, *, steps: Steps = ()) -> table.Panel:
    """A table from the audit, by SQL."""
    return _dressed(table.Panel(), title, about, unit, steps).datasource(AUDIT).with_target(Sql(source))


def series_table(
    title: str, about: str, unit: str, expression: str, columns: Mapping[str, str], *, steps: Steps = ()
) -> table.Panel:
    """A table from Prometheus: the labels to show, with their headings; `Value` is the value."""
    panel = _dressed(table.Panel(), title, about, unit, steps).datasource(PROMETHEUS)
    panel.with_target(now(expression, "__auto", "A", table=True))
    order = {name: place for place, name in enumerate(columns)}
    shown = {
        "excludeByName": {"Time": True},
        "includeByName": dict.fromkeys(columns, True),
        "renameByName": dict(columns),
        "indexByName": order,
    }
    return panel.with_transformation(DataTransformerConfig("organize", options=shown))


def _dressed(panel: AnyPanel, title: str, about: str, unit: str, steps: Steps) -> AnyPanel:
    if not steps or steps[0][0] is not None:
        steps = [(None, "green"), *steps]
    limits = [Threshold(value=value, color=colour) for value, colour in steps]
    panel.title(title).description(about).unit(unit)
    panel.thresholds(ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(limits))
    return panel
