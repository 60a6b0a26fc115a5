"""Panels that are tables: from the audit by SQL, or from Prometheus."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from monitoring.grafana.boards.panel_frame import Steps, dressed
from monitoring.grafana.boards.queries import AUDIT, PROMETHEUS, Sql, now


def rows(
    title: str, about: str, unit: str, source: str, *, steps: Steps = (), address: str | None = None
) -> table.Panel:
    """A table from the audit, by SQL; `address` is the column whose cells are links."""
    panel = dressed(table.Panel(), title, about, unit, steps).datasource(AUDIT).with_target(Sql(source))
    if address is not None:
        _link(panel, address, "${__value.raw}")
    return panel


def series_table(
    title: str,
    about: str,
    unit: str,
    expression: str,
    columns: Mapping[str, str],
    *,
    steps: Steps = (),
    link: tuple[str, str] | None = None,
) -> table.Panel:
    """A table from Prometheus: the labels to show, with their headings; `Value` is the value.

    `link` is a label and the address that its cells lead to.
    """
    panel = dressed(table.Panel(), title, about, unit, steps).datasource(PROMETHEUS)
    panel.with_target(now(expression, "__auto", "A", table=True))
    order = {name: place for place, name in enumerate(columns)}
    shown = {
        "excludeByName": {"Time": True},
        "includeByName": dict.fromkeys(columns, True),
        "renameByName": dict(columns),
        "indexByName": order,
    }
    if link is not None:
        _link(panel, columns[link[0]], link[1])
    return panel.with_transformation(DataTransformerConfig("organize", options=shown))


def _link(panel: table.Panel, column: str, address: str) -> None:
    link = {"title": "Open ${__value.text}", "url": address, "targetBlank": True}
    panel.override_by_name(column, [DynamicConfigValue(id_val="links", value=[link])])
