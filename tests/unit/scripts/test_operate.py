"""A verb goes to the platform that is meant, and never to a guess."""

import sys

import pytest

from scripts.operate import CONTAINERS, command

HERE = [sys.executable, "-m", "trainer", "models"]
THERE = [*CONTAINERS, "trainer", "models"]


@pytest.mark.parametrize(
    ("environment", "embedded", "containers", "expected"),
    [
        ({}, True, False, HERE),
        ({}, False, True, THERE),
        ({}, True, True, HERE),
        ({}, False, False, None),
        ({"STACK": "1"}, True, True, THERE),
        ({"STACK": "1", "MLFLOW_TRACKING_URI": "http://there"}, True, True, THERE),
        ({"MLFLOW_TRACKING_URI": "http://there"}, False, True, HERE),
    ],
)
def test_where_a_verb_goes(
    environment: dict[str, str], embedded: bool, containers: bool, expected: list[str] | None
) -> None:
    assert command(["models"], environment, embedded=embedded, containers=containers) == expected
