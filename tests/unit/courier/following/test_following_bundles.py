"""A bundle that is damaged, refused or no longer needed: fetched again, reported, or deleted."""

import json
from collections.abc import Callable
from pathlib import Path

import structlog

from courier.following.api_proofs import ApiProofs
from courier.following.following import Following
from courier.metrics import Metrics
from courier.testing import MemoryRegistry
from tests.support.clocks import Clock
from tests.support.registries import ONE, THREE, TWO, policy, problems


def test_a_damaged_bundle_is_fetched_again_as_soon_as_the_registry_answers(
    tmp_path: Path, following: Following, registry: MemoryRegistry, metrics: Metrics
) -> None:
    registry.publish("production", "1", ONE)
    following.work()
    assert problems(following)["damaged"] == []
    model = tmp_path / "bundles" / ONE[0] / "model.onnx"
    model.write_bytes(b"rotten")
    registry.down = True
    following.work()
    assert [found["bundle"] for found in problems(following)["damaged"]] == [ONE[0]]
    assert metrics.registry.get_sample_value("bundles_damaged") == 1

    registry.down = False
    following.work()

    assert model.read_bytes() == ONE[1]["model.onnx"]
    assert problems(following)["damaged"] == []
    assert metrics.registry.get_sample_value("bundles_damaged") == 0
    assert policy(tmp_path)["generation"] == 1


def test_a_damaged_bundle_is_mended_while_the_alias_names_a_version_that_is_refused(
    tmp_path: Path, following: Following, registry: MemoryRegistry
) -> None:
    registry.publish("production", "1", ONE)
    following.work()
    registry.publish("production", "2", (TWO[0], {**TWO[1], "model.onnx": b"broken"}))
    following.work()
    model = tmp_path / "bundles" / ONE[0] / "model.onnx"
    model.unlink()

    following.work()

    assert model.read_bytes() == ONE[1]["model.onnx"]
    assert policy(tmp_path)["production"]["version"] == "1"
    (refused,) = problems(following)["refused"]
    assert (refused["alias"], refused["version"], refused["reason"]) == ("production", "2", "checksum")


def test_a_bundle_that_the_api_refuses_is_read_again_and_one_that_is_whole_is_reported_and_not_fetched(
    tmp_path: Path, registry: MemoryRegistry, clock: Clock, make_following: Callable[..., Following]
) -> None:
    journal = tmp_path / "journal"
    following = make_following(api_proofs=ApiProofs(journal))
    registry.publish("production", "1", ONE)
    following.work()
    fetched = list(registry.downloads)
    (journal / "proofs").mkdir(parents=True)
    refusal = {"proven": False, "at": "2026-11-28T00:00:00Z", "reason": "golden", "message": "not as it should be"}
    (journal / "proofs" / f"{ONE[0]}.json").write_text(json.dumps(refusal))
    following.work()
    assert problems(following)["refused_by_api"] == [
        {"bundle": ONE[0], "reason": "golden", "message": "not as it should be"}
    ]
    assert problems(following)["damaged"] == []
    assert registry.downloads == fetched
    for unreadable in ("", "[]", "{", json.dumps({"proven": True})):
        (journal / "proofs" / f"{ONE[0]}.json").write_text(unreadable)
        following.work()
        assert problems(following)["refused_by_api"] == []


def test_a_broken_bundle_is_refused_once_a_minute_while_the_other_aliases_move(
    tmp_path: Path, following: Following, registry: MemoryRegistry, metrics: Metrics, clock: Clock
) -> None:
    registry.publish("production", "1", ONE)
    following.step()
    broken = {**TWO[1], "model.onnx": b"broken"}
    registry.publish("production", "2", (TWO[0], broken))
    registry.publish("shadow", "3", THREE)

    for _ in range(5):
        following.step()
    assert policy(tmp_path)["production"]["version"] == "1"
    assert policy(tmp_path)["shadow"]["version"] == "3"
    assert metrics.registry.get_sample_value("bundles_refused_total", {"reason": "checksum"}) == 1

    registry.publish("production", "2", TWO)
    clock.now += 61
    following.step()
    assert policy(tmp_path)["production"]["version"] == "2"


def test_a_bundle_already_here_is_not_fetched_again_by_a_new_process(
    tmp_path: Path, following: Following, registry: MemoryRegistry, metrics: Metrics
) -> None:
    registry.publish("production", "1", ONE)
    following.step()
    fetched = list(registry.downloads)

    again = Following(registry, tmp_path, "iris_clf", metrics, structlog.get_logger(), poll_seconds=2, keep_bundles=1)
    again.step()

    assert registry.downloads == fetched
    assert policy(tmp_path)["generation"] == 1


def test_old_bundles_go_and_those_of_the_policy_and_the_way_back_stay(
    tmp_path: Path, following: Following, registry: MemoryRegistry
) -> None:
    for version, bundle in (("1", ONE), ("2", TWO), ("3", THREE)):
        registry.publish("production", version, bundle)
        following.step()

    assert {path.name for path in (tmp_path / "bundles").iterdir()} == {TWO[0], THREE[0]}
    assert policy(tmp_path)["generation"] == 3


def test_what_is_left_to_fetch_when_a_look_has_taken_all_of_its_time_is_refused_for_now(
    tmp_path: Path, following: Following, registry: MemoryRegistry, metrics: Metrics, clock: Clock
) -> None:
    class Slow(dict[str, bytes]):
        def __getitem__(self, name: str) -> bytes:
            clock.now += 60
            return super().__getitem__(name)

    registry.publish("production", "1", ONE)
    following.step()
    registry.publish("production", "2", TWO)
    registry.files["run-2"] = Slow(registry.files["run-2"])
    following.step()
    assert policy(tmp_path)["production"]["version"] == "1"
    assert metrics.registry.get_sample_value("bundles_refused_total", {"reason": "deadline"}) == 1
    assert [path.name for path in (tmp_path / "bundles").iterdir()] == [ONE[0]]
