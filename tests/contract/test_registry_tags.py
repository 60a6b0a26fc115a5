"""The registry's tags: the trainer writes them, the courier reads them, and both read what a person wrote alike."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from courier.errors import BundleRefusedError
from courier.following.registry import ModelVersion
from courier.following.tags import entry_of, read_move_tag
from trainer.errors import MoveRefusedError
from trainer.registry import moves
from trainer.registry.control import Version
from trainer.testing import MemoryRegistry

Validate = Callable[[Any, str], None]
SCHEMA = json.loads((Path(__file__).parents[2] / "docs/formats/registry-tags.schema.json").read_text())

GOOD = {"0": 0, "5": 5, "10": 10, "05": 5, "12.5": 12.5, "0.000001": 0.000001, "99.999999": 99.999999, "100": 100}
BAD = (
    "", " ", " 10 ", "10 ", "10\n", "10%", "ten", "nan", "inf", "-inf", "-0", "-1", "+5", "1e1", "1e3", "1E-3", "0x10",
    "1_0", "5,5", ".5", "5.", "010", "100.1", "101", "1000", "٣", "½", "1" + "0" * 400, "0." + "1" * 400, "None",
    "true", "[10]",
)  # fmt: skip


@pytest.fixture
def registry() -> MemoryRegistry:
    """Version 1 is production; 2 and 3 serve nothing."""
    made = MemoryRegistry()
    for _ in range(3):
        made.add()
    moves.carry_out(made, "m", moves.promote(made.state("m"), "1", "publish: it is the first"))
    return made


def as_courier(version: Version) -> ModelVersion:
    return ModelVersion(version.number, version.run_id, dict(version.tags))


def trainer_percent(text: str | None) -> float | None:
    return Version("2", tags={} if text is None else {"percent": text}).percent


def courier_percent(text: str | None) -> float | None:
    tags = {"bundle": "b" * 64} | ({} if text is None else {"percent": text})
    try:
        return entry_of("canary", ModelVersion("2", "run", tags), "iris_clf").percent
    except BundleRefusedError:
        return None


@pytest.mark.parametrize("percent", [0.000001, 0.1 + 0.2, 5, 10, 12.5, 100 / 3, 99.999999, 100])
def test_the_courier_reads_the_share_that_the_trainer_wrote(
    registry: MemoryRegistry, validate: Validate, percent: float
) -> None:
    planned = moves.canary(registry.state("m"), "2", percent, "a try")
    moves.carry_out(registry, "m", planned)
    written = registry.versions["2"]
    validate(written.tags, "registry-tags")
    entry = entry_of("canary", as_courier(written), "iris_clf")
    assert entry.percent == written.percent == planned[0].percent == pytest.approx(percent, abs=1e-6)
    assert entry.bundle == written.bundle
    assert moves.canary(registry.state("m"), "2", percent) == []


def test_a_share_that_rounds_to_nothing_is_refused_before_it_is_written(registry: MemoryRegistry) -> None:
    with pytest.raises(MoveRefusedError, match="more than 0"):
        moves.canary(registry.state("m"), "2", 1e-9)


def test_a_canary_without_a_share_has_the_same_share_on_both_sides() -> None:
    assert courier_percent(None) == trainer_percent(None) == 10


@pytest.mark.parametrize(("text", "share"), GOOD.items())
def test_a_share_in_plain_digits_is_read_alike_and_keeps_the_schema(
    text: str, share: float, validate: Validate
) -> None:
    assert courier_percent(text) == trainer_percent(text) == share
    validate({"percent": text}, "registry-tags")


@pytest.mark.parametrize("text", BAD)
def test_any_other_share_is_unknown_to_both_and_breaks_the_schema(text: str, validate: Validate) -> None:
    assert courier_percent(text) is None
    assert trainer_percent(text) is None
    if not text.endswith("\n"):  # Python's `$` also stands before a last line feed
        with pytest.raises(ValidationError):
            validate({"percent": text}, "registry-tags")


def test_the_courier_reads_when_and_why_the_trainer_moved_an_alias(
    registry: MemoryRegistry, validate: Validate
) -> None:
    moves.carry_out(registry, "m", moves.promote(registry.state("m"), "2", 'promote: "better", 100 % größer'))
    tags = registry.versions["2"].tags
    validate(tags, "registry-tags")
    Draft202012Validator({**SCHEMA, **SCHEMA["$defs"]["move"]}).validate(json.loads(tags["move.production"]))
    body, read = json.loads(tags["move.production"]), read_move_tag("production", tags)
    assert read is not None
    assert (read.at.isoformat(timespec="microseconds"), read.why, read.origin) == (body["at"], body["why"], "1")
    assert registry.versions["2"].last_move("production") == body


def test_every_note_of_the_history_keeps_the_schema(registry: MemoryRegistry) -> None:
    moves.carry_out(registry, "m", moves.canary(registry.state("m"), "2", 5))
    moves.carry_out(registry, "m", moves.take_away(registry.state("m"), "canary", "enough"))
    check = Draft202012Validator({**SCHEMA, **SCHEMA["$defs"]["note"]})
    for note in registry.notes:
        check.validate({key: value for key, value in note.items() if key != "at"})


@pytest.mark.parametrize("verdict", ["passed", "failed", "Passed", "", "[/red]", "x" * 5000])
def test_a_verdict_is_read_alike(verdict: str) -> None:
    tags = {"bundle": "b" * 64, "gate.verdict": verdict}
    expected = verdict if verdict in ("passed", "failed") else None
    assert entry_of("production", ModelVersion("2", "run", tags), "iris_clf").verdict == expected
    assert Version("2", tags=tags).verdict == expected


@pytest.mark.parametrize("bundle", ["", "b" * 63, "B" * 64, "b" * 64 + "\n", "../" + "b" * 61])
def test_a_bundle_that_is_no_hash_serves_on_neither_side(bundle: str) -> None:
    assert Version("2", tags={"bundle": bundle}).bundle == ""
    with pytest.raises(BundleRefusedError):
        entry_of("production", ModelVersion("2", "run", {"bundle": bundle}), "iris_clf")


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "7", "[]", "{}", "{", "[" * 5000, '{"at": 5, "why": "x"}', '{"at": "yesterday", "why": "x"}',
        '{"at": "0001-01-01T00:00:00+14:00", "why": "x"}', '{"at": "2026-01-01", "why": 7}',
    ],
)  # fmt: skip
def test_a_move_that_says_nothing_readable_is_unknown_to_both(text: str) -> None:
    assert read_move_tag("production", {"move.production": text}) is None
    assert Version("2", tags={"move.production": text}).last_move("production") == {}


def test_a_move_without_a_zone_is_in_utc_and_half_a_letter_is_replaced() -> None:
    read = read_move_tag(
        "production", {"move.production": json.dumps({"at": "2026-11-20T08:00:00", "why": "a\ud800\x00b"})}
    )
    assert read is not None
    assert (read.at.isoformat(), read.why, read.origin) == ("2026-11-20T08:00:00+00:00", "a?b", None)
