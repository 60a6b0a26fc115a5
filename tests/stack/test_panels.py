"""Every query of every panel is asked of the running Prometheus and PostgreSQL."""

import json
import re
import sys
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.stack.conftest import predict
from tests.stack.platform import ROOT, Stack, run
from tests.support.servers import wait_until

DASHBOARDS = sorted((ROOT / "monitoring/grafana/dashboards").glob("*.json"))
INTERVALS = {"$__rate_interval": "1m", "$__range": "15m", "$__interval": "15s"}
FROM, TO = "now() - interval '15 minutes'", "now()"
MAY_BE_EMPTY = "Quiet "
"""What the description of a panel says that shows nothing while all is well, or without what not everybody runs."""


def queries() -> list[Any]:
    """(dashboard, panel, query) of every panel, as pytest parameters."""
    return [
        pytest.param(panel, target, id=f"{file.stem}-{panel['title']}-{target['refId']}")
        for file in DASHBOARDS
        for panel in json.loads(file.read_text())["panels"]
        for target in panel.get("targets", [])
    ]


@pytest.fixture(scope="module")
def busy(stack: Stack) -> Stack:
    """Busy with something to show: more answers than drift needs, refused input, feedback, a value out of range."""
    predict(stack, sepal_width=4.99, sepal_length=40)
    traffic = (sys.executable, "-m", "scripts.traffic", "--url", stack.url("api"), "--bad", "--feedback")
    run(*traffic, "--rate", "30", "--seconds", "60")
    return stack


@pytest.fixture(scope="module")
def feature(busy: Stack) -> str:
    """One of the features Prometheus knows."""
    url = f"{busy.url('prometheus')}/api/v1/label/feature/values"
    found: list[str] = httpx2.get(url, params={"match[]": "feature_reference_ratio"}, timeout=10).json()["data"]
    return found[0]


@pytest.mark.parametrize(("panel", "target"), queries())
def test_the_panel_shows_something(panel: dict[str, Any], target: dict[str, Any], busy: Stack, feature: str) -> None:
    def shown() -> list[Any]:
        if target["datasource"]["uid"] == "prometheus":
            return _ask_prometheus(busy, _fill(target["expr"], feature))
        return busy.sql(_fill(target["rawSql"], feature), role="grafana")

    if not shown() and MAY_BE_EMPTY not in panel["description"]:
        # A rate needs two scrapes of its series, and what is recorded each minute needs two of those.
        wait_until(lambda: bool(shown()), f"the panel {panel['title']!r} shows something", 180)


def test_every_mark_in_time_can_be_asked_for_and_the_first_move_is_one(busy: Stack, feature: str) -> None:
    for file in DASHBOARDS:
        for mark in json.loads(file.read_text())["annotations"]["list"]:
            found = busy.sql(_fill(mark["target"]["rawSql"], feature), role="grafana")
            if mark["name"] == "Moves of models":
                assert any(line[1].startswith("iris_clf: version 1 is production") for line in found)


def test_variables_have_values(busy: Stack, feature: str) -> None:
    for file in DASHBOARDS:
        for variable in json.loads(file.read_text())["templating"].get("list", []):
            query = variable["query"]["query"]
            if result := re.fullmatch(r"query_result\((.+)\)", query):
                # Grafana reads the text and the value of each choice out of the series as they are printed.
                found = [one["metric"] for one in _ask_prometheus(busy, _fill(result[1], feature))]
                assert found, variable["name"]
                assert set(re.findall(r"(\w+)=", variable["regex"])) <= set.intersection(*map(set, found))
                continue
            selector, label = re.fullmatch(r"label_values\((\w+(?:{.*})?), (\w+)\)", query).groups()  # type: ignore[union-attr]
            url = f"{busy.url('prometheus')}/api/v1/label/{label}/values"
            answer = httpx2.get(url, params={"match[]": _fill(selector, feature)}, timeout=10)
            assert answer.json()["data"], variable["name"]


def test_no_alert_fires_under_ordinary_traffic(busy: Stack) -> None:
    firing = _ask_prometheus(busy, 'ALERTS{alertstate="firing"}')
    # Deliveries to a retrainer that does not run are not Prometheus' alerts.
    assert {one["metric"]["alertname"] for one in firing} == {"Watchdog"}


def test_every_rule_is_evaluated_without_an_error(busy: Stack) -> None:
    groups = httpx2.get(f"{busy.url('prometheus')}/api/v1/rules", timeout=10).json()["data"]["groups"]
    assert [rule["name"] for group in groups for rule in group["rules"] if rule.get("lastError")] == []


def test_grafana_itself_answers_every_panel(busy: Stack, note: Callable[[str], None]) -> None:
    if "grafana" in busy.absent:
        pytest.skip("Grafana's image can't be had on this machine; the queries were asked of its data sources directly")
    url = busy.url("grafana")
    assert httpx2.get(f"{url}/api/health", timeout=10).json()["database"] == "ok"
    for file in DASHBOARDS:
        found = httpx2.get(f"{url}/api/dashboards/uid/{file.stem}", timeout=10)
        assert found.status_code == 200
        for panel in found.json()["dashboard"]["panels"]:
            for target in panel.get("targets", []):
                asked = {
                    "from": "now-15m",
                    "to": "now",
                    "queries": [{**target, "intervalMs": 15000, "maxDataPoints": 50}],
                }
                answer = httpx2.post(f"{url}/api/ds/query", json=asked, timeout=30)
                assert answer.status_code == 200, (panel["title"], answer.text)
    note(f"Grafana {httpx2.get(f'{url}/api/health', timeout=10).json()['version']} answered every panel")


def _fill(text: str, feature: str) -> str:
    """The query with Grafana's macros replaced as Grafana would, over the last quarter of an hour and all versions."""
    text = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN {FROM} AND {TO}", text)
    text = text.replace("$__timeFrom()", f"({FROM})").replace("$__timeTo()", f"({TO})")
    for macro, value in INTERVALS.items():
        text = text.replace(macro, value)
    text = re.sub(r"\$\{?(version|variant|model)(:regex|:raw)?\}?", ".*", text).replace("$feature", feature)
    # Ends of patterns and references to groups are no macros.
    assert "$" not in re.sub(r"""[)^]\$['"]|"\$1\"""", "", text), f"a macro this test does not know: {text}"
    return text


def _ask_prometheus(stack: Stack, expression: str) -> list[Any]:
    answer = httpx2.post(f"{stack.url('prometheus')}/api/v1/query", data={"query": expression}, timeout=10).json()
    assert answer["status"] == "success", answer
    series: list[Any] = answer["data"]["result"]
    return series
