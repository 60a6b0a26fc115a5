"""A swarm of three engines for the session, with the platform on it: `make test-swarm NODES=path/to/program`."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.swarm.cluster import Cluster

NOTES = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--nodes", default="", help="swarm: the program that makes the nodes; tests/swarm/cluster.py")
    parser.addoption("--images", default="local", help="swarm: the tag of the built images mlops-iris/SERVICE")
    parser.addoption("--keep", action="store_true", help="swarm: leave it running, for another session")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[NOTES] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/swarm" in str(item.path):
            item.add_marker(pytest.mark.swarm)
            item.add_marker(pytest.mark.timeout(1800))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash[NOTES]:
        terminalreporter.write_line(f"swarm: {line}")


@pytest.fixture(scope="session")
def note(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Say a figure in the closing summary, and now."""

    def say(line: str) -> None:
        request.config.stash[NOTES].append(line)
        print(f"swarm: {line}", flush=True)  # noqa: T201 - progress of a run of half an hour, for the person at the terminal

    return say


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest, note: Callable[[str], None]) -> Iterator[Cluster]:
    """The platform, started by `make swarm-up`."""
    program = request.config.getoption("--nodes")
    if not program:
        pytest.fail("make test-swarm NODES=program: it makes the swarm; tests/swarm/cluster.py says what it has to do")
    made = Cluster(program, request.config.getoption("--images"))
    try:
        made.make()
        begun = time.monotonic()
        made.verb(
            "swarm-up", {"REGISTRY": "registry:5000", "MIRROR": "registry:5000", "TAG": made.tag, "WITHOUT": "grafana"}
        )
        note(f"swarm-up from built images: {time.monotonic() - begun:.0f} s until the first answer (bar 240)")
        yield made
    finally:
        if not request.config.getoption("--keep"):
            made.nodes("down")
