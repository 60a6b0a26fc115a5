"""The courier writes the policy; the api reads it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import ValidationError

from api.errors import PolicyUnreadableError
from api.serving.policy import read_policy
from courier.following.policy import Policy, PolicyEntry, PolicyFile

Validate = Callable[[Any, str], None]
PRODUCTION = PolicyEntry(version="3", bundle="a" * 64, verdict="passed")
CANARY = PolicyEntry(version="4", bundle="b" * 64, percent=12.5, verdict="failed")
SHADOW = PolicyEntry(version="5", bundle="c" * 64)


@pytest.mark.parametrize(
    "entries",
    [
        {"production": None, "canary": None, "shadow": None},
        {"production": PRODUCTION, "canary": None, "shadow": None},
        {"production": PRODUCTION, "canary": CANARY, "shadow": SHADOW},
    ],
    ids=["nothing serves", "production alone", "all three"],
)
def test_the_api_reads_what_the_courier_wrote(
    tmp_path: Path, validate: Validate, entries: dict[Any, PolicyEntry | None]
) -> None:
    written = PolicyFile(tmp_path).write("iris_clf", entries, current=None)
    validate(json.loads((tmp_path / "policy.json").read_text()), "policy")
    read = read_policy(tmp_path / "policy.json")
    assert read is not None
    assert (read.generation, read.model) == (written.generation, "iris_clf")
    for variant, choice in read.choices().items():
        entry = entries[variant]
        assert (choice is None) == (entry is None)
        if entry and choice:
            assert (choice.version, choice.bundle, choice.verdict) == (entry.version, entry.bundle, entry.verdict)


def test_a_change_grows_the_generation_by_one(tmp_path: Path) -> None:
    file = PolicyFile(tmp_path)
    first: Policy = file.write("iris_clf", {"production": PRODUCTION, "canary": None, "shadow": None}, current=None)
    file.write("iris_clf", {"production": SHADOW, "canary": None, "shadow": None}, current=first)
    read = read_policy(tmp_path / "policy.json")
    assert read is not None
    assert (first.generation, read.generation) == (1, 2)


SLOT = {"version": "3", "bundle": "a" * 64}
BAD = {
    "production with a percent": {"production": {**SLOT, "percent": 5.0}},
    "shadow with a percent": {"shadow": {**SLOT, "percent": 5.0}},
    "canary without a percent": {"canary": SLOT},
    "percent as text": {"canary": {**SLOT, "percent": "5"}},
    "percent above 100": {"canary": {**SLOT, "percent": 100.5}},
    "version of 21 digits": {"production": {**SLOT, "version": "1" * 21}},
    "version as a number": {"production": {**SLOT, "version": 3}},
    "an unknown verdict": {"production": {**SLOT, "verdict": "maybe"}},
    "an unknown key": {"production": {**SLOT, "more": 1}},
    "another format": {"format": 2},
    "generation 0": {"generation": 0},
    "no canary at all": {"canary": ...},
}


@pytest.mark.parametrize("change", BAD.values(), ids=list(BAD))
def test_courier_api_and_schema_refuse_the_same_policies(
    tmp_path: Path, validate: Validate, change: dict[str, Any]
) -> None:
    whole = {"format": 1, "generation": 1, "model": "m", "production": SLOT, "canary": None, "shadow": None}
    (tmp_path / "policy.json").write_text(json.dumps(whole))
    validate(whole, "policy")
    assert read_policy(tmp_path / "policy.json") is not None
    assert PolicyFile(tmp_path).read() is not None
    bad = {key: value for key, value in {**whole, **change}.items() if value is not ...}
    (tmp_path / "policy.json").write_text(json.dumps(bad))
    with pytest.raises(ValidationError):
        validate(bad, "policy")
    with pytest.raises(PolicyUnreadableError):
        read_policy(tmp_path / "policy.json")
    assert PolicyFile(tmp_path).read() is None
