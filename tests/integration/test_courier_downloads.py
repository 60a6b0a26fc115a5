"""A courier against a registry that sends too much, or too slowly: it gives up, and goes on with everything else."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from courier.following.bundle_rules import MAX_BUNDLE_BYTES
from courier.testing import make_bundle
from tests.support.hostile_registry import HostileRegistry, Send, hostile_registry
from tests.support.servers import Server, free_port, http_answers

ONE, TWO, THREE = (make_bundle(number=number) for number in (1, 2, 3))
PATIENCE = 90


@contextmanager
def running_courier(folder: Path, registry: str) -> Iterator[tuple[Server, str]]:
    port = free_port()
    environment = {
        **os.environ,
        "MLFLOW_TRACKING_URI": registry,
        "MODEL_NAME": "m",
        "COURIER_PORT": str(port),
        "REGISTRY_POLL_SECONDS": "0.2",
        "SERVING_DIR": str(folder / "serving"),
        "JOURNAL_DIR": str(folder / "journal"),
        "SQLITE_PATH": str(folder / "predictions.db"),
    }
    url = f"http://127.0.0.1:{port}"
    with Server([sys.executable, "-m", "courier"], environment, log=folder / "courier.log", cwd=folder) as server:
        server.wait_until(lambda: http_answers(f"{url}/metrics"), "the courier answers")
        yield server, url


def refusals(url: str) -> list[tuple[str, str, str]]:
    found: dict[str, Any] = httpx2.get(f"{url}/health", timeout=10).json()["serving"]
    return [(refused["alias"], refused["version"], refused["reason"]) for refused in found.get("refused", [])]


def entries(folder: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads((folder / "serving" / "policy.json").read_text())
    except OSError:
        return {}
    return {alias: content[alias] and content[alias]["version"] for alias in ("production", "canary", "shadow")}


WAYS: dict[str, tuple[Callable[[HostileRegistry], Send], str]] = {
    "a byte a second": (lambda registry: registry.drip, "deadline"),
    "a head without an end": (lambda registry: registry.drip_the_head, "deadline"),
    "a body without an end": (lambda registry: registry.pour, "size"),
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("file", ["manifest", "model"])
def test_a_file_that_comes_too_slowly_or_without_an_end_is_refused_and_the_other_aliases_move(
    tmp_path: Path, way: str, file: str
) -> None:
    make, reason = WAYS[way]
    with hostile_registry() as registry, running_courier(tmp_path, registry.url) as (server, url):
        registry.publish("production", "1", ONE)
        server.wait_until(lambda: entries(tmp_path).get("production") == "1", "version 1 serves", PATIENCE)
        registry.sent = 0
        registry.publish("production", "2", TWO, **{file: make(registry)})
        registry.publish("canary", "3", THREE)
        server.wait_until(lambda: refusals(url) == [("production", "2", reason)], f"refused as {reason}", PATIENCE)
        server.wait_until(lambda: entries(tmp_path).get("canary") == "3", "the canary is followed", PATIENCE)

        assert entries(tmp_path) == {"production": "1", "canary": "3", "shadow": None}
        assert {path.name for path in (tmp_path / "serving" / "bundles").iterdir()} == {ONE[0], THREE[0]}
        assert registry.sent < MAX_BUNDLE_BYTES / 16
        metrics = httpx2.get(f"{url}/metrics", timeout=10).text
        assert f'bundles_refused_total{{reason="{reason}"}} 1.0' in metrics
        assert "version refused" in (tmp_path / "courier.log").read_text()
        assert http_answers(f"{url}/health")
