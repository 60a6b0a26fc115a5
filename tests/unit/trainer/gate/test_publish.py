"""`publish` against a registry in memory: whatever it is stopped at, the alias is on a complete version."""

import json
import shutil
from dataclasses import replace

import pytest

from trainer.contract.contract import Contract
from trainer.errors import MovedMeanwhileError, RegistryError
from trainer.gate.contender import Contender, IncomparableChampion
from trainer.gate.judging import judge_of
from trainer.gate.publish import Published, publish
from trainer.params import Params
from trainer.registry import moves
from trainer.registry.publication import Publication
from trainer.registry.verdict import Criterion, Verdict
from trainer.testing import MemoryRegistry
from trainer.workspace.progress import Silent

SILENT = Silent()


def verdict(*, passed: bool) -> Verdict:
    return Verdict("a" * 64, None, None, {}, (Criterion("accuracy", "hold-out", passed, 0.5, "0.5", "at least 0.8"),))


def passing(champion: Contender | IncomparableChampion | None) -> Verdict:
    return verdict(passed=True)


def failing(champion: Contender | IncomparableChampion | None) -> Verdict:
    return verdict(passed=False)


def published(publication: Publication, registry: MemoryRegistry, **options: object) -> Published:
    return publish(publication, registry, passing, SILENT, **options)  # type: ignore[arg-type]


def other_bundle(publication: Publication, name: str = "b") -> Publication:
    """As if the training had made another bundle of the same files."""
    there = publication.bundle.path
    path = there.with_name(name * 64)
    shutil.copytree(there, path)
    return replace(
        publication, bundle=replace(publication.bundle, path=path), tags=publication.tags | {"bundle": path.name}
    )


def test_the_first_publication_records_registers_and_moves_the_alias_last(publication: Publication) -> None:
    registry = MemoryRegistry()
    done = published(publication, registry)
    assert (done.version, done.outcome, done.bundle) == ("1", "promoted", publication.bundle.hash)
    assert registry.aliases == {"production": "1"}
    calls = [call for call in registry.calls if call in ("record", "register", "point")]
    assert calls == ["record", "register", "point"]
    tags = registry.versions["1"].tags
    assert tags["bundle"] == publication.bundle.hash
    assert tags["gate.verdict"] == "passed"
    assert set(tags) >= {"data_sha256", "params_sha256", "quality", "move.production", "had_alias.production"}
    assert json.loads(registry.runs["run-1"]["gate/verdict.json"])["verdict"] == "passed"


def test_the_same_bundle_again_changes_nothing_and_says_so(publication: Publication) -> None:
    registry = MemoryRegistry()
    published(publication, registry)
    before = (dict(registry.runs), dict(registry.versions), list(registry.notes))
    again = published(publication, registry)
    assert again.outcome == "unchanged"
    assert "nothing to do" in again.meaning
    assert (registry.runs, registry.versions, registry.notes) == before


def test_a_version_without_the_alias_is_judged_and_only_gets_the_alias(
    publication: Publication, iris: Contract, fast: Params
) -> None:
    registry = MemoryRegistry()
    first = other_bundle(publication)
    published(publication, registry)
    # The champion's bundle is fetched and checked: this one's manifest really has the hash its tag says.
    judge = judge_of(publication, fast)
    assert publish(first, registry, judge, SILENT).outcome == "promoted"
    registry.aliases["production"] = "1"
    assert published(first, registry).outcome == "promoted"
    assert registry.aliases == {"production": "2"}
    assert len(registry.runs) == len(registry.versions) == 2


def test_what_the_gate_refuses_is_registered_as_challenger_and_production_stays(publication: Publication) -> None:
    registry = MemoryRegistry()
    published(publication, registry)
    done = publish(other_bundle(publication), registry, failing, SILENT)
    assert (done.version, done.outcome) == ("2", "refused")
    assert registry.aliases == {"production": "1", "challenger": "2"}
    tags = registry.versions["2"].tags
    assert tags["gate.verdict"] == "failed"
    assert tags["gate.reasons"] == "accuracy on the hold-out: 0.5, must be at least 0.8"
    assert json.loads(registry.runs["run-2"]["gate/verdict.json"])["reasons"] == [tags["gate.reasons"]]


def test_the_first_model_too_serves_only_when_the_gate_lets_it(publication: Publication) -> None:
    registry = MemoryRegistry()
    assert publish(publication, registry, failing, SILENT).outcome == "refused"
    assert registry.aliases == {"challenger": "1"}
    assert published(publication, registry).outcome == "promoted"
    assert registry.aliases == {"production": "1"}


def test_what_passes_may_begin_as_a_canary_but_not_without_a_production(publication: Publication) -> None:
    registry = MemoryRegistry()
    assert published(publication, registry, canary_percent=5).outcome == "promoted"
    other = other_bundle(publication)
    assert published(other, registry, canary_percent=5).outcome == "canary"
    assert registry.aliases == {"production": "1", "canary": "2"}
    assert registry.versions["2"].percent == 5
    assert published(other, registry, canary_percent=5).outcome == "unchanged"


@pytest.mark.parametrize("step", ["state", "download", "record", "register", "tag", "point", "note"])
def test_dying_at_any_step_leaves_production_on_a_complete_version_and_the_next_run_finishes(
    step: str, publication: Publication
) -> None:
    registry = MemoryRegistry()
    published(publication, registry)
    other = other_bundle(publication)
    registry.fails_at = step
    with pytest.raises(RegistryError):
        published(other, registry)
    assert registry.aliases["production"] == ("2" if step == "note" else "1")
    registry.fails_at = None
    assert published(other, registry).version == "2"
    assert registry.aliases == {"production": "2"}
    assert len(registry.versions) == 2


def test_of_two_trainers_of_one_bundle_the_first_version_stands(publication: Publication) -> None:
    registry = MemoryRegistry()
    registry.meanwhile = lambda: published(publication, registry)
    with pytest.raises(MovedMeanwhileError, match="production moved from nowhere to 1"):
        published(publication, registry)
    assert len(registry.versions) == 1
    assert registry.aliases == {"production": "1"}
    assert published(publication, registry).outcome == "unchanged"


def test_of_two_trainers_of_two_bundles_at_once_only_the_faster_moves_production(publication: Publication) -> None:
    registry = MemoryRegistry()
    published(publication, registry)
    faster, slower = other_bundle(publication, "b"), other_bundle(publication, "c")
    registry.meanwhile = lambda: published(faster, registry)
    with pytest.raises(MovedMeanwhileError, match="production moved from 1 to 2 while version 3 was judged"):
        published(slower, registry)
    assert registry.aliases == {"production": "2"}


def test_a_champion_whose_files_were_changed_is_a_refusal_that_a_person_can_overrule(
    publication: Publication, fast: Params
) -> None:
    registry = MemoryRegistry()
    published(publication, registry)
    registry.runs["run-1"]["bundle/model.onnx"] += b"x"
    done = publish(other_bundle(publication), registry, judge_of(publication, fast), SILENT)
    assert (done.version, done.outcome) == ("2", "refused")
    assert registry.aliases == {"production": "1", "challenger": "2"}
    assert "champion could not be judged: its model.onnx is not the one" in registry.versions["2"].tags["gate.reasons"]
    moves.carry_out(registry, "m", moves.promote(registry.state("m"), "2"))
    assert registry.aliases == {"production": "2"}


def test_a_start_of_the_platform_does_not_undo_a_roll_back(publication: Publication) -> None:
    registry = MemoryRegistry()
    published(publication, registry)
    registry.aliases["production"] = registry.add()
    assert published(publication, registry, take_back=False).outcome == "moved away"
    assert registry.aliases["production"] == "2"


def test_a_start_of_the_platform_does_not_promote_what_is_still_a_canary(publication: Publication) -> None:
    registry = MemoryRegistry()
    published(publication, registry)
    other = other_bundle(publication)
    published(other, registry, canary_percent=5)
    assert published(other, registry, take_back=False).outcome == "unchanged"
    assert registry.aliases == {"production": "1", "canary": "2"}


def test_a_start_of_the_platform_finishes_what_was_cut_off_before_the_alias(publication: Publication) -> None:
    registry = MemoryRegistry()
    registry.fails_at = "point"
    with pytest.raises(RegistryError):
        published(publication, registry, take_back=False)
    registry.fails_at = None
    assert published(publication, registry, take_back=False).outcome == "promoted"
