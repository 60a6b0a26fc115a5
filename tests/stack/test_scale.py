"""Several apis behind the edge on one machine, started in both ways of docs/how-to/scale.md."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.stack.conftest import ROW, StackFactory
from tests.stack.platform import Stack
from tests.support.servers import free_port, wait_until

ASKED = 60
COUNTED = 'sum by (instance) (http_requests_total{job="api",route="/predict",status="200"})'


@pytest.fixture
def scaled(new_stack: StackFactory) -> Iterator[Stack]:
    made = new_stack("scaled", EDGE_PORT=str(free_port()))
    yield made
    made.down()


def start(stack: Stack, *options: str, check: bool = True) -> str:
    """`docker compose up --wait` with the edge; returns what it wrote."""
    words = ("up", "--wait", "--no-build", "--pull", "never", *options, *stack.services, "edge")
    done = stack.compose(*words, seconds=600, check=check)
    return done.stdout + done.stderr


def queried(stack: Stack, query: str) -> list[dict[str, Any]]:
    answer = httpx2.get(f"{stack.url('prometheus')}/api/v1/query", params={"query": query}, timeout=10)
    found: list[dict[str, Any]] = answer.json()["data"]["result"]
    return found


def check_three_apis(stack: Stack) -> None:
    """Each answers its part behind the edge, Prometheus finds each, and the audit holds each answer once."""
    assert len(stack.compose("ps", "--quiet", "api").stdout.split()) == 3
    url = f"http://127.0.0.1:{stack.environment['EDGE_PORT']}/predict"
    answers = [httpx2.post(url, json=ROW, timeout=10) for _ in range(ASKED)]
    assert Counter(answer.status_code for answer in answers) == {200: ASKED}
    ids = {answer.json()["prediction_id"] for answer in answers}
    assert len(ids) == ASKED

    def by_api() -> list[float]:
        return [float(one["value"][1]) for one in queried(stack, COUNTED)]

    wait_until(lambda: sum(by_api()) >= ASKED and len(by_api()) == 3, "Prometheus counts three apis", 90)
    assert min(by_api()) > 0
    listed = ", ".join(f"'{one}'" for one in ids)
    stored = f"SELECT count(*), count(DISTINCT id) FROM predictions WHERE id IN ({listed})"
    wait_until(lambda: stack.sql(stored) == [[str(ASKED)] * 2], "the audit has each answer once", 60)


def test_three_apis_start_by_settings_and_by_one_command(scaled: Stack) -> None:
    assert "port is already allocated" in start(scaled, "--scale", "api=3", check=False), "three apis want one port"
    scaled.down()

    scaled.environment |= {"COMPOSE_PROFILES": "scale", "APIS": "3", "API_PORT": "0"}
    start(scaled)
    check_three_apis(scaled)
    wanted = queried(scaled, "apis_wanted")
    assert [one["value"][1] for one in wanted] == ["3"]

    for name in ("COMPOSE_PROFILES", "APIS"):
        del scaled.environment[name]
    scaled.down()
    start(scaled, "--scale", "api=3")
    check_three_apis(scaled)
