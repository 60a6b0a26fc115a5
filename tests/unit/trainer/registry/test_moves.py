"""Aliases move as planned, roll back goes back and never forth, and somebody faster stands."""

import json

import pytest

from trainer.errors import MovedMeanwhileError, MoveRefusedError, NoProductionError, RegistryError, UnknownVersionError
from trainer.registry import moves
from trainer.registry.moves import Move
from trainer.testing import MemoryRegistry


@pytest.fixture
def registry() -> MemoryRegistry:
    """Four versions, none of which serves."""
    made = MemoryRegistry()
    for _ in range(4):
        made.add()
    return made


def promote(registry: MemoryRegistry, *numbers: str) -> None:
    for number in numbers:
        moves.carry_out(registry, "m", moves.promote(registry.state("m"), number))


def rollback(registry: MemoryRegistry) -> str:
    moves.carry_out(registry, "m", moves.rollback(registry.state("m")))
    return registry.aliases["production"]


def canary(registry: MemoryRegistry, number: str, percent: float = 10) -> None:
    moves.carry_out(registry, "m", moves.canary(registry.state("m"), number, percent))


def test_promoting_moves_production_and_says_when_why_and_from_where(registry: MemoryRegistry) -> None:
    promote(registry, "1")
    moves.carry_out(registry, "m", moves.promote(registry.state("m"), "2", "promote: it is better"))
    assert registry.aliases == {"production": "2"}
    body = json.loads(registry.versions["2"].tags["move.production"])
    assert (body["why"], body["from"]) == ("promote: it is better", "1")
    assert body["at"].endswith("+00:00")
    assert registry.versions["2"].tags["had_alias.production"] == "true"
    assert [(note["version"], note["previous"]) for note in registry.notes] == [("1", None), ("2", "1")]


def test_promoting_what_serves_already_is_no_move(registry: MemoryRegistry) -> None:
    promote(registry, "1")
    assert moves.promote(registry.state("m"), "1") == []


def test_promoting_the_canary_takes_the_canary_away(registry: MemoryRegistry) -> None:
    promote(registry, "1")
    canary(registry, "2")
    promote(registry, "2")
    assert registry.aliases == {"production": "2"}


def test_promoting_another_version_leaves_the_canary(registry: MemoryRegistry) -> None:
    promote(registry, "1")
    canary(registry, "2")
    promote(registry, "3")
    assert registry.aliases == {"production": "3", "canary": "2"}


def test_a_roll_back_goes_to_what_served_before_and_again_one_further(registry: MemoryRegistry) -> None:
    promote(registry, "1", "2", "3")
    assert [rollback(registry), rollback(registry)] == ["2", "1"]
    with pytest.raises(MoveRefusedError, match="no version of m served before version 1"):
        rollback(registry)
    assert registry.aliases == {"production": "1"}


def test_what_was_rolled_back_from_is_not_gone_back_to(registry: MemoryRegistry) -> None:
    promote(registry, "1", "2", "3")
    rollback(registry)
    promote(registry, "4")
    assert [rollback(registry), rollback(registry)] == ["2", "1"]


def test_a_version_that_served_twice_makes_no_circle(registry: MemoryRegistry) -> None:
    promote(registry, "1", "2", "1")
    assert rollback(registry) == "2"
    with pytest.raises(MoveRefusedError):
        rollback(registry)


def test_after_a_move_by_hand_a_roll_back_undoes_that_move(registry: MemoryRegistry) -> None:
    promote(registry, "1", "2")
    registry.aliases["production"] = "4"
    assert [rollback(registry), rollback(registry)] == ["2", "1"]


def test_versions_of_before_moves_were_noted_are_gone_back_by_number(registry: MemoryRegistry) -> None:
    for number in ("1", "3", "4"):
        registry.tag("m", number, {"had_alias.production": "true"})
    registry.aliases["production"] = "4"
    assert [rollback(registry), rollback(registry)] == ["3", "1"]


def test_a_deleted_version_is_passed_over(registry: MemoryRegistry) -> None:
    promote(registry, "1", "2", "3")
    del registry.versions["2"]
    assert rollback(registry) == "1"


def test_without_production_there_is_no_roll_back_and_no_canary(registry: MemoryRegistry) -> None:
    nothing_serves = "no version of m is production yet"
    with pytest.raises(NoProductionError, match=nothing_serves):
        moves.rollback(registry.state("m"))
    with pytest.raises(NoProductionError, match=nothing_serves):
        moves.canary(registry.state("m"), "1", 10)


def test_an_unknown_version_is_reported_with_those_there_are(registry: MemoryRegistry) -> None:
    with pytest.raises(UnknownVersionError, match="m has no version 9; it has 1, 2, 3, 4"):
        moves.promote(registry.state("m"), "9")
    with pytest.raises(UnknownVersionError, match="it has none yet"):
        moves.promote(MemoryRegistry().state("m"), "1")


def test_a_version_without_a_bundle_can_not_serve(registry: MemoryRegistry) -> None:
    number = registry.add(bundle="")
    with pytest.raises(MoveRefusedError, match="has no tag `bundle`"):
        moves.promote(registry.state("m"), number)


def test_the_share_is_there_before_the_canary_is(registry: MemoryRegistry) -> None:
    promote(registry, "1")
    registry.calls.clear()
    canary(registry, "2", 2.5)
    assert registry.versions["2"].tags["percent"] == "2.5"
    assert registry.calls.index("tag") < registry.calls.index("point")


def test_a_canary_gets_another_share_and_the_same_share_is_no_move(registry: MemoryRegistry) -> None:
    promote(registry, "1")
    canary(registry, "2", 5)
    assert moves.canary(registry.state("m"), "2", 5) == []
    canary(registry, "2", 25)
    assert registry.versions["2"].percent == 25


@pytest.mark.parametrize("percent", [0, -1, 100.5, float("nan")])
def test_an_impossible_share_is_refused(registry: MemoryRegistry, percent: float) -> None:
    promote(registry, "1")
    with pytest.raises(MoveRefusedError, match="more than 0 and at most 100 percent"):
        moves.canary(registry.state("m"), "2", percent)


def test_production_is_neither_its_own_canary_nor_its_own_shadow(registry: MemoryRegistry) -> None:
    promote(registry, "1")
    with pytest.raises(MoveRefusedError, match="can't be its own canary"):
        moves.canary(registry.state("m"), "1", 10)
    with pytest.raises(MoveRefusedError, match="would only agree"):
        moves.shadow(registry.state("m"), "1")


def test_a_shadow_that_becomes_the_canary_is_a_shadow_no_longer(registry: MemoryRegistry) -> None:
    promote(registry, "1")
    moves.carry_out(registry, "m", moves.shadow(registry.state("m"), "2"))
    assert registry.aliases["shadow"] == "2"
    canary(registry, "2")
    assert registry.aliases == {"production": "1", "canary": "2"}


def test_somebody_who_was_faster_stands(registry: MemoryRegistry) -> None:
    promote(registry, "1")
    planned = moves.promote(registry.state("m"), "2")
    promote(registry, "3")
    with pytest.raises(MovedMeanwhileError, match="alias production changed from version 1 to version 3"):
        moves.carry_out(registry, "m", planned)
    assert registry.aliases == {"production": "3"}


def test_a_move_that_died_before_the_alias_is_not_taken_for_one_that_served(registry: MemoryRegistry) -> None:
    promote(registry, "1", "2")
    registry.fails_at = "point"
    with pytest.raises(RegistryError):
        promote(registry, "3")
    registry.fails_at = None
    assert rollback(registry) == "1"


def test_a_move_reads_as_a_sentence() -> None:
    assert str(Move("canary", "5", "5", "rollout: fine", percent=25)) == (
        "canary: version 5 at 25 %, the same version (rollout: fine)"
    )
    assert str(Move("canary", None, "5", "promote")) == "canary: taken away from version 5 (promote)"
