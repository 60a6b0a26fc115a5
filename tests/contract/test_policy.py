"""The courier writes the policy; the api reads it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.policy import read_policy
from courier.policy import Policy, PolicyFile, Slot

Validate = Callable[[Any, str], None]
PRODUCTION = Slot(version="3", bundle="a" * 64, verdict="passed")
CANARY = Slot(version="4", bundle="b" * 64, percent=12.5, verdict="failed")
SHADOW = Slot(version="5", bundle="c" * 64)


@pytest.mark.parametrize(
    "slots",
    [
        {"production": None, "canary": None, "shadow": None},
        {"production": PRODUCTION, "canary": None, "shadow": None},
        {"production": PRODUCTION, "canary": CANARY, "shadow": SHADOW},
    ],
    ids=["nothing serves", "production alone", "all three"],
)
def test_the_api_reads_what_the_courier_wrote(
    tmp_path: Path, validate: Validate, slots: dict[Any, Slot | None]
) -> None:
    written = PolicyFile(tmp_path).write("iris_clf", slots, current=None)
    validate(json.loads((tmp_path / "policy.json").read_text()), "policy")
    read = read_policy(tmp_path / "policy.json")
    assert read is not None
    assert (read.generation, read.model) == (written.generation, "iris_clf")
    for variant, choice in read.choices().items():
        slot = slots[variant]
        assert (choice is None) == (slot is None)
        if slot and choice:
            assert (choice.version, choice.bundle, choice.verdict) == (slot.version, slot.bundle, slot.verdict)


def test_a_change_grows_the_generation_by_one(tmp_path: Path) -> None:
    file = PolicyFile(tmp_path)
    first: Policy = file.write("iris_clf", {"production": PRODUCTION, "canary": None, "shadow": None}, current=None)
    file.write("iris_clf", {"production": SHADOW, "canary": None, "shadow": None}, current=first)
    read = read_policy(tmp_path / "policy.json")
    assert read is not None
    assert (first.generation, read.generation) == (1, 2)
