"""Every query of every panel is asked of the running Prometheus and PostgreSQL."""

import json
import re
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.stack.conftest import predict
from tests.stack.platform import ROOT, Stack
from tests.support.servers import wait_until

pytestmark = pytest.mark.stack

DASHBOARDS = sorted((ROOT / "monitoring/grafana/dashboards").glob("*.json"))
INTERVALS = {"$__rate_interval": "1m", "$__range": "15m", "$__interval": "15s"}
FROM, TO = "now() - interval '15 minutes'", "now()"
SILENT_WHILE_ALL_IS_WELL = {"Errors by status", "Refused to keep the promise"}
"""Panels that may be empty: nothing failed and nothing was refused."""


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
    """The stack with something to show: answers, a refused input, a value out of range."""
    for step in range(20):
        predict(stack, petal_length=1 + step % 6)
    predict(stack, sepal_width=4.99, sepal_length=40)
    httpx2.post(f"{stack.url('api')}/predict", json={"sepal_length": "long"}, timeout=10)
    return stack


@pytest.mark.parametrize(("panel", "target"), queries())
def test_the_panel_shows_something(panel: dict[str, Any], target: dict[str, Any], busy: Stack) -> None:
    def shown() -> list[Any]:
        if target["datasource"]["uid"] == "prometheus":
            return _ask_prometheus(busy, _fill(target["expr"]))
        return busy.sql(_fill(target["rawSql"]), role="grafana")

    if not shown() and panel["title"] not in SILENT_WHILE_ALL_IS_WELL:
        # A rate needs two scrapes of its series, and a series with a label begins with its first value.
        wait_until(lambda: bool(shown()), f"the panel {panel['title']!r} shows something", 60)


def test_variables_have_values(busy: Stack) -> None:
    for file in DASHBOARDS:
        for variable in json.loads(file.read_text())["templating"]["list"]:
            metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"]).groups()  # type: ignore[union-attr]
            url = f"{busy.url('prometheus')}/api/v1/label/{label}/values"
            assert httpx2.get(url, params={"match[]": metric}, timeout=10).json()["data"]


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


def _fill(text: str) -> str:
    """The query with Grafana's macros replaced as Grafana would, over the last quarter of an hour and all versions."""
    text = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN {FROM} AND {TO}", text)
    text = text.replace("$__timeFrom()", f"({FROM})").replace("$__timeTo()", f"({TO})")
    for macro, value in INTERVALS.items():
        text = text.replace(macro, value)
    text = re.sub(r"\$\{?version(:regex)?\}?", ".*", text)
    assert "$" not in text.replace(")$'", ")'"), f"a macro this test does not know: {text}"
    return text


def _ask_prometheus(stack: Stack, expression: str) -> list[Any]:
    answer = httpx2.post(f"{stack.url('prometheus')}/api/v1/query", data={"query": expression}, timeout=10).json()
    assert answer["status"] == "success", answer
    series: list[Any] = answer["data"]["result"]
    return series
