"""The commands of docs/how-to/scale.md: several apis on one machine behind the edge, by a command and by .env."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.stack.conftest import ROW, StackFactory
from tests.stack.platform import ROOT, Stack
from tests.support.documents import blocks
from tests.support.polling import eventually
from tests.support.servers import free_port, http_answers

PAGE = ROOT / "docs" / "how-to" / "scale.md"
COMMAND = "API_PORT=0 docker compose --profile scale up --wait --scale api=3"


@pytest.fixture
def edge_port() -> int:
    return free_port()


@pytest.fixture
def platform(new_stack: StackFactory, edge_port: int) -> Iterator[Stack]:
    made = new_stack("scale", EDGE_PORT=str(edge_port))
    made.environment.pop("API_PORT")
    yield made
    made.down()


def instances(stack: Stack) -> int:
    """How many apis run."""
    return len(stack.compose("ps", "--quiet", "--status", "running", "api").stdout.split())


def ask(port: int) -> int:
    """The status of one prediction by way of the edge."""
    return httpx2.post(f"http://127.0.0.1:{port}/predict", json=ROW, timeout=10).status_code


def test_each_way_of_the_page_starts_three_apis_behind_the_edge(
    platform: Stack, edge_port: int, tmp_path: Path
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert f"`{COMMAND}`" in text
    platform.environment["API_PORT"] = "0"
    # Without an image for a service the rest is named, as everywhere in these tests.
    start = (*COMMAND.split()[3:5], "up", "--wait", "--no-build", "--pull", "never", "--scale", "api=3")
    platform.compose(*start, *platform.services, "edge", seconds=600)
    assert instances(platform) == 3
    eventually(lambda: http_answers(f"http://127.0.0.1:{edge_port}/health/ready"), seconds=60)
    assert {ask(edge_port) for _ in range(30)} == {200}

    (settings,) = [block.text for block in blocks(PAGE) if block.text.startswith("COMPOSE_PROFILES=")]
    file = tmp_path / "env"
    file.write_text(settings)
    del platform.environment["API_PORT"]
    platform.environment |= {"COMPOSE_ENV_FILES": str(file), "PATH": os.environ["PATH"]}
    platform.compose("up", "--wait", "--no-build", "--pull", "never", *platform.services, "edge", seconds=600)
    assert instances(platform) == 3
    eventually(lambda: http_answers(f"http://127.0.0.1:{edge_port}/health/ready"), seconds=60)
    assert {ask(edge_port) for _ in range(30)} == {200}
    eventually(lambda: platform.sql("SELECT count(*) FROM predictions") == [["60"]], seconds=60)
