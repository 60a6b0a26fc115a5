"""The wait for a stack: a manager that refuses for a moment, and one that does not come back."""

import json
from typing import Any

import pytest

from scripts.swarm import progress
from scripts.swarm.engine import Engine
from scripts.swarm.errors import SwarmError

ROW = {"ID": "a1", "Name": "mlops_api", "Image": "one/api:1@sha256:0", "Replicas": "3/3"}
SPEC = {"Spec": {"Name": "mlops_api", "TaskTemplate": {}}}


class Manager(Engine):
    """Refuses the first `refusals` questions."""

    def __init__(self, refusals: float) -> None:
        super().__init__()
        self.refusals = refusals

    def text(self, *arguments: str, stdin: str | None = None) -> str:
        self.refusals -= 1
        if self.refusals >= 0:
            raise SwarmError("context deadline exceeded")
        found: Any = [SPEC] if "inspect" in arguments else ROW
        return json.dumps(found)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.swarm.progress.time.sleep", lambda _: None)


def test_a_manager_that_refuses_for_a_moment_is_asked_again() -> None:
    (service,) = progress.wait(Manager(refusals=3))
    assert (service.name, service.done) == ("api", True)


def test_a_manager_that_does_not_come_back_is_named_by_its_last_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SILENCE_SECONDS", 0.0)
    with pytest.raises(SwarmError, match="context deadline exceeded"):
        progress.wait(Manager(refusals=float("inf")))
