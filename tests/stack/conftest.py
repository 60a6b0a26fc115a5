"""The stack of the session: built, started from empty volumes, measured, and taken down with everything it made.

pytest's workers have a stack each, and take their turn to build the images, which come from the cache the second time.
"""

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.stack.platform import HERE, Stack, definition, run

NOTES = pytest.StashKey[list[str]]()
ROW = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
StackFactory = Callable[..., Stack]
LONG = ("test_registry.py", "test_s3.py", "test_scale.py", "test_it_starts_in_any_order")
"""What --short leaves out: pushing and pulling images, the bucket, several apis, and starts in a random order."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--short", action="store_true", help=f"stack: leave out {', '.join(LONG)}")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[NOTES] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whichever test comes first waits for the images and the stack: more than 15 minutes on a slow, busy machine."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.stack)
            item.add_marker(pytest.mark.timeout(1800))
    if config.getoption("short", default=False):
        left = [item for item in items if any(name in item.nodeid for name in LONG)]
        items[:] = [item for item in items if item not in left]
        config.hook.pytest_deselected(items=left)
        config.stash[NOTES].append(f"left out by --short: {', '.join(LONG)}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands its notes over to the process that shows them."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["notes"] = session.config.stash[NOTES]


def pytest_testnodedown(node: Any) -> None:
    notes = node.config.stash[NOTES]
    notes += [one for one in getattr(node, "workeroutput", {}).get("notes", []) if one not in notes]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What was measured, and what was left out."""
    for note in config.stash[NOTES]:
        terminalreporter.write_line(f"stack: {note}")


@pytest.fixture(scope="session")
def note(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Say something in the closing summary."""
    notes: list[str] = request.config.stash[NOTES]
    return notes.append


@pytest.fixture(scope="session")
def images(note: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """Build our images and make sure of the others. Returns the services whose image can't be had."""
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    ):
        note("nothing was started: no Docker engine answers `docker info`")
        pytest.skip("no Docker engine answers `docker info`")
    environment = Stack("none", frozenset()).environment
    with (tmp_path_factory.getbasetemp().parent / "images.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        started = time.monotonic()
        run("scripts/run/stack/bake.sh", environment=environment, seconds=1800)
    note(f"the images were built in {time.monotonic() - started:.0f} s")
    foreign = {name: service["image"] for name, service in definition()["services"].items() if "build" not in service}
    absent = frozenset(name for name, image in foreign.items() if "mlops-iris/" not in image and not _have(image))
    for name in absent:
        note(f"the container {name} was not started: the image {foreign[name]} can't be had on this machine")
    return absent


def _have(image: str) -> bool:
    if run("docker", "image", "inspect", image, check=False).returncode == 0:
        return True
    return run("docker", "pull", "--quiet", image, check=False).returncode == 0


@pytest.fixture(scope="session")
def new_stack(images: frozenset[str]) -> Iterator[StackFactory]:
    """Make stacks that are taken down, volumes and all, when the session ends."""
    made: list[Stack] = []
    version = run("docker", "run", "--rm", definition()["services"]["alertmanager"]["image"], "--version").stdout
    needed = (HERE / "debian-alertmanager/override.yml",) if "debian" in version else ()

    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")

    def make(name: str, *overrides: Path, **variables: str) -> Stack:
        made.append(Stack(f"mlops-iris-test-{worker}-{name}", images, (*needed, *overrides)))
        made[-1].environment |= variables
        made[-1].down()
        return made[-1]

    yield make
    for stack in made:
        stack.down()


@pytest.fixture(scope="session")
def stack(new_stack: StackFactory, note: Callable[[str], None]) -> Stack:
    """The stack of the session, answering predictions."""
    started = new_stack("main")
    begun = time.monotonic()
    started.up()
    answer = predict(started)
    seconds = time.monotonic() - begun
    note(f"{seconds:.0f} s from empty volumes to the first prediction ({answer['label_name']})")
    return started


def predict(stack: Stack, **changes: float) -> dict[str, Any]:
    """One answered prediction."""
    response = httpx2.post(f"{stack.url('api')}/predict", json={**ROW, **changes}, timeout=10)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer
