"""The kinds of panel the boards are made of. Each takes a title, what it says in a sentence, and a unit; none is optional."""

from collections.abc import Iterable, Mapping
from string import ascii_uppercase
from typing import TypeVar

from grafana_foundation_sdk.builders import barchart, bargauge, heatmap, stat, timeseries
from grafana_foundation_sdk.builders.common import (
    GraphThresholdsStyleConfig,
    ReduceDataOptions,
    StackingConfig,
    VizLegendOptions,
    VizTooltipOptions,
)
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    GraphDrawStyle,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, ValueMap, ValueMappingResult

from monitoring.grafana.boards.colours import colour, matcher, meant
from monitoring.grafana.boards.panel_frame import Steps, dressed
from monitoring.grafana.boards.queries import PROMETHEUS, now, over_time


def number(
    title: str,
    about: str,
    unit: str,
    expression: str,
    *,
    steps: Steps = (),
    legend: str = "__auto",
    names: bool = False,
    only_names: bool = False,
    states: tuple[str, str] | None = None,
) -> stat.Panel:
    """One number, or one for each series.

    `names` shows the name of each, `only_names` shows it without the value; `states` are words for 0 and 1.
    """
    panel = _coloured(dressed(stat.Panel(), title, about, unit, steps), [legend])
    panel.with_target(now(expression, legend, "A")).datasource(PROMETHEUS)
    panel.graph_mode(BigValueGraphMode.NONE).color_mode(BigValueColorMode.VALUE if steps else BigValueColorMode.NONE)
    shown = BigValueTextMode.VALUE_AND_NAME if names else BigValueTextMode.VALUE
    panel.text_mode(BigValueTextMode.NAME if only_names else shown)
    if states is not None:
        words = {str(value): ValueMappingResult(text=word, index=value) for value, word in enumerate(states)}
        panel.mappings([ValueMap(options=words)])
    return panel.reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))


def lines(
    title: str,
    about: str,
    unit: str,
    series: Mapping[str, str],
    *,
    steps: Steps = (),
    stacked: bool = False,
    bars: bool = False,
) -> timeseries.Panel:
    """Lines over time: what each is called, and its PromQL. Thresholds are drawn as dashed lines.

    `bars` is for events that are counted: a bar for each interval, stacked.
    """
    panel = _coloured(dressed(timeseries.Panel(), title, about, unit, steps), series)
    panel.datasource(PROMETHEUS).min(0)
    for ref_id, (legend, expression) in zip(ascii_uppercase, series.items(), strict=False):
        panel.with_target(over_time(expression, legend, ref_id))
    if steps:
        panel.thresholds_style(GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED))
    if bars:
        panel.draw_style(GraphDrawStyle.BARS)
    if stacked or bars:
        panel.stacking(StackingConfig().mode(StackingMode.NORMAL)).fill_opacity(80 if bars else 30)
    table_legend = VizLegendOptions().show_legend(True).display_mode(LegendDisplayMode.TABLE)
    table_legend.placement(LegendPlacement.BOTTOM).calcs(["lastNotNull", "max"]).sort_by("Max").sort_desc(True)
    panel.legend(table_legend)
    return panel.tooltip(VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))


def heat(title: str, about: str, unit: str, expression: str) -> heatmap.Panel:
    """A histogram's buckets over time."""
    panel = dressed(heatmap.Panel(), title, about, unit, ()).datasource(PROMETHEUS)
    panel.with_target(over_time(expression, "{{le}}", "A", heat=True)).calculate(False)
    return panel.y_axis(heatmap.YAxisConfig().unit(unit)).show_legend()


def worst_first(
    title: str, about: str, unit: str, expression: str, legend: str, *, steps: Steps, most: float
) -> bargauge.Panel:
    """A bar for each series, the longest on top."""
    panel = dressed(bargauge.Panel(), title, about, unit, steps).datasource(PROMETHEUS).min(0).max(most)
    panel.with_target(now(f"sort_desc({expression})", legend, "A"))
    panel.orientation(VizOrientation.HORIZONTAL).display_mode(BarGaugeDisplayMode.BASIC)
    return panel.reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))


_LOWEST = (
    r'label_replace(label_replace(%s, "lowest", "$1", "bin", "[(\\[]([^,]+),.*"), '
    r'"lowest", "-1e300", "bin", "[(\\[]-[iI]nf,.*")'
)
"""Adds a bin's lower bound as a label: as text, "(10, 11]" would come before "(9, 10]"."""


def side_by_side(title: str, about: str, unit: str, over: str, series: Mapping[str, str]) -> barchart.Panel:
    """Bars beside each other for each value of the label `over`; bins are in the order of their lower bounds."""
    panel = dressed(barchart.Panel(), title, about, unit, ()).datasource(PROMETHEUS).min(0)
    names = {over: over}
    for ref_id, (legend, expression) in zip(ascii_uppercase, series.items(), strict=False):
        panel.with_target(now(_LOWEST % expression if over == "bin" else expression, legend, ref_id, table=True))
        names["Value" if len(series) == 1 else f"Value #{ref_id}"] = legend
    panel.with_transformation(DataTransformerConfig("merge", options={}))
    shown = {"excludeByName": {"Time": True, "lowest": True}, "renameByName": names, "indexByName": {}}
    if over == "bin":
        as_number = {"conversions": [{"targetField": "lowest", "destinationType": "number"}], "fields": {}}
        panel.with_transformation(DataTransformerConfig("convertFieldType", options=as_number))
    order = {"sort": [{"field": "lowest" if over == "bin" else over}]}
    panel.with_transformation(DataTransformerConfig("sortBy", options=order))
    panel.with_transformation(DataTransformerConfig("organize", options=shown))
    return (
        panel.x_field(over)
        .x_tick_label_rotation(-30)
        .legend(
            VizLegendOptions().show_legend(True).placement(LegendPlacement.BOTTOM).display_mode(LegendDisplayMode.LIST)
        )
    )


Coloured = TypeVar("Coloured", stat.Panel, timeseries.Panel)


def _coloured(panel: Coloured, legends: Iterable[str]) -> Coloured:
    for word in meant(legends):
        panel.override_by_regexp(matcher(word), colour(word))
    return panel
