"""A board from rows of panels: places, ids, variables, links and marks in time are the same on all four."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders.dashboard import AnnotationQuery, Dashboard, DashboardLink, QueryVariable, Row
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    GridPos,
    VariableOption,
    VariableRefresh,
    VariableSort,
)
from grafana_foundation_sdk.models.prometheus import Dataquery

from monitoring.grafana.boards.panel_frame import Built
from monitoring.grafana.boards.queries import AUDIT, PROMETHEUS, SqlAnnotation
from monitoring.grafana.boards.selectors import CHOSEN, of_model

Panels = Iterator[tuple[int, Built]]
"""Panels and their widths, in columns; what does not fit begins a new line."""

WIDTH = 24

_FIRST_MODEL = "^$"
"""The pattern for the platform's first model, whose series have no label `model`."""

_MOVES = """
SELECT at AS time, model || ': ' ||
       CASE WHEN version IS NULL THEN variant || ' is empty'
            ELSE 'version ' || version || ' is ' || variant || coalesce(' (' || percent || ' %)', '') END
       || coalesce(': ' || reason, '') AS text,
       variant AS tags
FROM model_moves
WHERE $__timeFilter(at)
"""
_TRAININGS = """
SELECT at AS time, model || ': trained version ' || version || ' came to ' || variant || coalesce(', gate ' || verdict, '') AS text, 'training' AS tags
FROM model_moves
WHERE verdict IS NOT NULL AND $__timeFilter(at)
"""
_ALERTS = """
SELECT starts_at AS time, max(ends_at) AS timeend, min(name) || ': ' || coalesce(min(annotations ->> 'summary'), '') AS text,
       coalesce(min(severity), 'none') AS tags
FROM alerts
WHERE name <> 'Watchdog' AND $__timeFilter(starts_at)
GROUP BY fingerprint, starts_at
"""


@dataclass(frozen=True)
class BoardRow:
    """A titled row of the grid, its panels of one height."""

    title: str
    height: int
    panels: Panels


def make(
    uid: str, title: str, about: str, strips: Sequence[BoardRow], *, variables: Sequence[tuple[str, str]] = ()
) -> dashboard.Dashboard:
    """A board of `variables`, which are (label, metric) pairs, offers the label's values for choice, and the models."""
    board = Dashboard(title).uid(uid).description(about).tags(["mlops-iris"]).timezone("browser").readonly()
    board.tooltip(DashboardCursorSync.CROSSHAIR).time("now-30m", "now").refresh("10s")
    board.link(
        DashboardLink("Boards")
        .type(DashboardLinkType.DASHBOARDS)
        .tags(["mlops-iris"])
        .keep_time(True)
        .include_vars(True)
    )
    board.annotation(_marks("Moves of models", "blue", _MOVES))
    board.annotation(_marks("Trainings", "purple", _TRAININGS))
    board.annotation(_marks("Alerts", "red", _ALERTS))
    if variables:
        board.with_variable(_model())
    for label, metric in variables:
        board.with_variable(_choice(label, metric))
    top = 0
    for strip in strips:
        board.with_row(Row(strip.title).grid_pos(GridPos(x=0, y=top, h=1, w=WIDTH)))
        top += 1
        left = 0
        for width, panel in strip.panels:
            if left + width > WIDTH:
                left, top = 0, top + strip.height
            board.with_panel(panel.grid_pos(GridPos(x=left, y=top, h=strip.height, w=width)))
            left += width
        top += strip.height
    built = board.build()
    for number, placed in enumerate(built.panels or [], start=1):
        placed.id_val = number
        for target in getattr(placed, "targets", None) or [] if variables else []:
            if isinstance(target, Dataquery):
                target.expr = of_model(target.expr)
    return built


def as_json(board: dashboard.Dashboard) -> str:
    """The file Grafana reads; the same board is the same bytes."""
    return json.dumps(board, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _marks(name: str, colour: str, statement: str) -> AnnotationQuery:
    return (
        AnnotationQuery()
        .name(name)
        .datasource(AUDIT)
        .enable(True)
        .icon_color(colour)
        .target(SqlAnnotation(statement.strip()))
    )


def _model() -> QueryVariable:
    """One model or all. The first model is chosen by an empty label, and text and value differ."""
    every = VariableOption(text="All", value="$__all", selected=True)
    variable = QueryVariable("model").label("Model").datasource(PROMETHEUS)
    variable.query({"query": f"query_result(count by (name, pattern) ({_named_models()}))", "refId": "model"})
    variable.regex('/name="(?<text>[^"]+)",pattern="(?<value>[^"]+)"/')
    variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)
    return variable.multi(False).include_all(True).all_value(".*").current(every)


def _named_models() -> str:
    """The models that have a version, each with the labels `name` and `pattern`."""
    named = "model_info"
    for label, of_first in (("name", "first model"), ("pattern", _FIRST_MODEL)):
        copied = f'label_replace({named}, "{label}", "$1", "model", "(.*)")'
        named = f'label_replace({copied}, "{label}", "{of_first}", "model", "")'
    return named


def _choice(label: str, metric: str) -> QueryVariable:
    every = VariableOption(text=["All"], value=["$__all"], selected=True)
    variable = QueryVariable(label).label(label.capitalize()).datasource(PROMETHEUS)
    variable.query({"query": f"label_values({metric}{{{CHOSEN}}}, {label})", "refId": label})
    variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)
    return variable.multi(True).include_all(True).all_value(".*").current(every)
