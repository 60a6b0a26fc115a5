"""A panel reads the same on every board: one colour for a meaning, words where it is empty, a legend with figures."""

import json
import re
from typing import Any

import pytest

from monitoring.grafana.boards.colours import MEANINGS, colour, matcher, meant
from monitoring.grafana.boards.panel_frame import EMPTY, NO_DATA, QUIET
from tests.monitoring.conftest import ROOT

Panel = dict[str, Any]
PANELS = [
    pytest.param(panel, id=f"{file.stem}-{panel['title']}")
    for file in sorted((ROOT / "monitoring/grafana/dashboards").glob("*.json"))
    for panel in json.loads(file.read_text())["panels"]
    if panel["type"] not in ("row", "text")
]
every_panel = pytest.mark.parametrize("panel", PANELS)


@every_panel
def test_an_empty_panel_says_why(panel: Panel) -> None:
    expected = [words for end, words in EMPTY.items() if panel["description"].endswith(end)] or [NO_DATA]
    assert panel["fieldConfig"]["defaults"]["noValue"] == expected[0]


@every_panel
def test_colours_come_from_the_table_and_no_meaning_is_left_out(panel: Panel) -> None:
    fixed = {
        one["matcher"]["options"]: one["properties"][0]["value"]["fixedColor"]
        for one in panel["fieldConfig"]["overrides"]
        if one["properties"][0]["id"] == "color"
    }
    legends = [target.get("legendFormat", "") for target in panel["targets"]]
    coloured = panel["type"] in ("stat", "timeseries")
    assert fixed == ({matcher(word): MEANINGS[word] for word in meant(legends)} if coloured else {})


@every_panel
def test_the_legend_of_lines_has_the_last_and_the_largest_value(panel: Panel) -> None:
    if panel["type"] == "timeseries":
        legend = panel["options"]["legend"]
        assert (legend["displayMode"], legend["calcs"]) == ("table", ["lastNotNull", "max"])


@every_panel
def test_bins_are_ordered_by_their_lower_bound(panel: Panel) -> None:
    if panel["type"] == "barchart" and panel["options"]["xField"] == "bin":
        steps = {one["id"]: one["options"] for one in panel["transformations"]}
        assert list(steps) == ["merge", "convertFieldType", "sortBy", "organize"]
        assert steps["sortBy"]["sort"] == [{"field": "lowest"}]
        assert steps["organize"]["excludeByName"]["lowest"]
        assert all('"lowest", "$1", "bin"' in target["expr"] for target in panel["targets"])


@every_panel
def test_a_route_or_a_reason_without_events_has_no_entry(panel: Panel) -> None:
    legends = {"{{method}} {{route}}", "{{status}} {{route}}", "{{reason}}", "keys: {{reason}}"}
    targets = [one for one in panel["targets"] if one.get("legendFormat") in legends]
    assert [one["expr"] for one in targets if not one["expr"].endswith("> 0")] == []


def test_one_panel_has_the_version_that_an_alias_names_and_the_one_that_serves() -> None:
    board = json.loads((ROOT / "monitoring/grafana/dashboards/platform.json").read_text())
    (panel,) = [one for one in board["panels"] if one["title"] == "Aliases"]
    shown = {one["legendFormat"]: one["expr"] for one in panel["targets"]}
    assert set(shown) == {"{{alias}} names", "{{alias}} serves"}
    assert "registry_alias_version" in shown["{{alias}} names"]
    assert "policy_alias_version" in shown["{{alias}} serves"]
    assert "make models" in panel["description"]


def test_served_versions_are_named_and_workers_are_not_counted_there() -> None:
    boards = [
        json.loads((ROOT / f"monitoring/grafana/dashboards/{name}.json").read_text()) for name in ("overview", "model")
    ]
    served = [panel for board in boards for panel in board["panels"] if panel["title"] == "Served versions"]
    assert [panel["options"]["textMode"] for panel in served] == ["name", "name"]


def test_an_alert_links_to_its_heading_in_the_runbook_by_the_address_it_was_sent_with() -> None:
    board = json.loads((ROOT / "monitoring/grafana/dashboards/overview.json").read_text())
    (panel,) = [one for one in board["panels"] if one["title"] == "Last alerts"]
    (override,) = panel["fieldConfig"]["overrides"]
    assert "annotations ->> 'runbook_url' AS runbook" in panel["targets"][0]["rawSql"]
    assert override["matcher"]["options"] == "runbook"
    assert override["properties"][0]["value"][0]["url"] == "${__value.raw}"


def test_a_firing_alert_leads_to_its_name_in_the_runbook_that_the_watchdog_knows() -> None:
    board = json.loads((ROOT / "monitoring/grafana/dashboards/overview.json").read_text())
    (panel,) = [one for one in board["panels"] if one["title"] == "Firing alerts"]
    (override,) = panel["fieldConfig"]["overrides"]
    shown = panel["transformations"][0]["options"]
    assert shown["renameByName"]["alertname"] == override["matcher"]["options"]
    # a fragment of text and no heading's id: Prometheus serves the runbook as plain text
    assert override["properties"][0]["value"][0]["url"] == "${__data.fields.runbook}#:~:text=${__value.raw}"
    assert shown["includeByName"]["runbook"]
    # the watchdog itself is not listed: an empty table is a quiet platform, and a missing watchdog is a row
    assert panel["fieldConfig"]["defaults"]["noValue"] == EMPTY[QUIET]
    assert panel["targets"][0]["expr"].count('alertname!="Watchdog"') == 2
    assert "Watchdog is missing" in panel["targets"][0]["expr"]
    # with a watchdog each alert is one row, and without one none is lost
    assert "group_left (runbook)" in panel["targets"][0]["expr"]
    assert 'unless on () {__name__="ALERTS", alertname="Watchdog", runbook!=""}' in panel["targets"][0]["expr"]


def test_trainings_and_rollouts_are_bars_of_what_happened() -> None:
    board = json.loads((ROOT / "monitoring/grafana/dashboards/platform.json").read_text())
    (panel,) = [one for one in board["panels"] if one["title"] == "Trainings and rollouts"]
    assert panel["fieldConfig"]["defaults"]["custom"]["drawStyle"] == "bars"
    assert all(re.search(r"increase\(\w+\[\$__rate_interval\]\)\) > 0$", one["expr"]) for one in panel["targets"])


@pytest.mark.parametrize(
    ("legend", "words"),
    [
        ("p95", ["p95"]),
        ("version {{version}}, {{variant}}", ["production", "canary", "shadow"]),
        ("failed: {{integration}}", ["failed"]),
        ("refused by the api: {{reason}}", ["refused"]),
        ("{{route}}", []),
    ],
)
def test_the_words_with_a_meaning_in_the_name_of_a_series(legend: str, words: list[str]) -> None:
    assert list(meant([legend])) == words


def test_a_word_is_matched_whole() -> None:
    assert re.search(matcher("p95").strip("/"), "p95")
    assert not re.search(matcher("p95").strip("/"), "p950")
    with pytest.raises(KeyError):
        colour("p90")
