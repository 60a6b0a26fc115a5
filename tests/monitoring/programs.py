"""The PromQL that our own programs ask, and the counters that they look up in a page of metrics."""

import ast
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest

from scripts.loop_demo import readings
from tests.support.documents import ROOT
from trainer.loop import prometheus

ASKERS = {"services/trainer/src/trainer/loop/prometheus.py", "scripts/loop_demo/readings.py"}
"""The files that ask Prometheus. A test holds that there are no others."""

_COUNTER = re.compile(r"\b[a-z][a-z_]+_total\b")


def asked_by_the_trainer(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the rollout asks about a version, and about an alert."""
    asked: list[str] = []

    def get_json(_: str, query: dict[str, str]) -> Any:
        asked.append(query["query"])
        return {"status": "success", "data": {"result": []}}

    monkeypatch.setattr(prometheus, "get_json", get_json)
    asker = prometheus.Prometheus("http://prometheus:9090")
    asker.served("7", "canary", 60)
    asker.fires("FeatureDrift")
    return asked


def asked_by_the_loop_demo() -> list[str]:
    """What its readings ask of one version and of all, and the lines of its picture."""
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.params["query"])
        return httpx2.Response(200, json={"data": {"result": [{"metric": {}, "value": [0, "0"], "values": []}]}})

    unused: Any = None
    prometheus_client = httpx2.Client(base_url="http://prometheus:9090", transport=httpx2.MockTransport(answer))
    platform = readings.PlatformReadings(unused, prometheus_client, unused, "iris_clf")
    platform.accuracy()
    platform.accuracy("7")
    platform.psi("7")
    constants = [value for name, value in vars(readings).items() if name.isupper() and isinstance(value, str)]
    return asked + [value for value in constants if "(" in value]


def files_that_ask() -> set[str]:
    """Every Python file of the product that knows the address of Prometheus' query API."""
    return {str(file.relative_to(ROOT)) for file in _product() if "/api/v1/query" in file.read_text()}


def counters_named() -> dict[str, set[str]]:
    """By file: the counters that the texts of the product's Python name."""
    found = {}
    for file in _product():
        texts = [node.value for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Constant)]
        if names := {name for text in texts if isinstance(text, str) for name in _COUNTER.findall(text)}:
            found[str(file.relative_to(ROOT))] = names
    return found


def _product() -> list[Path]:
    folders = (*sorted((ROOT / "services").glob("*/src")), ROOT / "scripts", ROOT / "bench")
    return [file for folder in folders for file in sorted(folder.rglob("*.py"))]
