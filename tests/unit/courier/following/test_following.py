"""From aliases to the policy: what the registry says is done, and what it does not say changes nothing."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import structlog
from prometheus_client import CollectorRegistry

from courier.errors import RegistryUnavailableError
from courier.following.api_proofs import ApiProofs
from courier.following.following import Following
from courier.following.registry import ModelVersion
from courier.metrics import Metrics
from courier.testing import MemoryRegistry, make_bundle

SCHEMA = json.loads((Path(__file__).parents[4] / "docs/formats/policy.schema.json").read_text())
ONE, TWO, THREE = (make_bundle(number=number) for number in (1, 2, 3))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def registry() -> MemoryRegistry:
    return MemoryRegistry()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def following(tmp_path: Path, registry: MemoryRegistry, metrics: Metrics, clock: Clock) -> Following:
    return Following(
        registry,
        tmp_path,
        "iris_clf",
        metrics,
        structlog.get_logger(),
        poll_seconds=2,
        keep_bundles=1,
        clock=clock,
    )


def policy(directory: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((directory / "policy.json").read_text())
    jsonschema.validate(content, SCHEMA)
    for slot in (content["production"], content["canary"], content["shadow"]):
        assert slot is None or (directory / "bundles" / slot["bundle"] / "manifest.json").is_file()
    return content


def test_a_registry_without_the_model_writes_nothing(
    tmp_path: Path, following: Following, registry: MemoryRegistry
) -> None:
    registry.exists = False
    following.step()
    registry.exists = True
    following.step()

    assert not (tmp_path / "policy.json").exists()


def test_the_first_version_makes_generation_one_and_nothing_new_writes_nothing(
    tmp_path: Path, following: Following, registry: MemoryRegistry
) -> None:
    registry.publish("production", "1", ONE)
    following.step()
    written = (tmp_path / "policy.json").stat()

    following.step()

    assert policy(tmp_path) == {
        "format": 1,
        "generation": 1,
        "model": "iris_clf",
        "production": {"version": "1", "bundle": ONE[0]},
        "canary": None,
        "shadow": None,
    }
    assert (tmp_path / "policy.json").stat() == written


def test_canary_and_shadow_follow_with_the_canary_s_percentage(
    tmp_path: Path, following: Following, registry: MemoryRegistry
) -> None:
    registry.publish("production", "1", ONE)
    registry.publish("canary", "2", TWO)
    registry.publish("shadow", "3", THREE)
    following.step()
    assert policy(tmp_path)["canary"] == {"version": "2", "bundle": TWO[0], "percent": 10}
    assert policy(tmp_path)["shadow"] == {"version": "3", "bundle": THREE[0]}

    registry.publish("canary", "2", TWO, percent="2.5")
    del registry.aliases["shadow"]
    following.step()

    assert policy(tmp_path)["generation"] == 2
    assert policy(tmp_path)["canary"]["percent"] == 2.5
    assert policy(tmp_path)["shadow"] is None


@pytest.mark.parametrize(
    ("tags", "verdict"),
    [
        ({"gate.verdict": "passed"}, {"verdict": "passed"}),
        ({"gate.verdict": "failed"}, {"verdict": "failed"}),
        ({"gate.verdict": "Passed!"}, {}),
        ({"gate.verdict": ""}, {}),
        ({}, {}),
    ],
)
def test_the_gate_s_verdict_follows_its_tag_and_no_tag_keeps_a_version_from_serving(
    tmp_path: Path, following: Following, registry: MemoryRegistry, tags: dict[str, str], verdict: dict[str, str]
) -> None:
    registry.publish("production", "1", ONE, **tags)
    registry.publish("canary", "2", TWO, **tags)
    following.step()
    assert policy(tmp_path)["production"] == {"version": "1", "bundle": ONE[0], **verdict}
    assert policy(tmp_path)["canary"] == {"version": "2", "bundle": TWO[0], "percent": 10, **verdict}

    registry.publish("production", "1", ONE, **{"gate.verdict": "failed"})
    following.step()
    assert policy(tmp_path)["production"]["verdict"] == "failed"


@pytest.mark.parametrize("percent", ["many", "-1", "100.5", "nan", ""])
def test_a_percentage_that_is_none_is_refused_and_the_old_canary_stays(
    tmp_path: Path, following: Following, registry: MemoryRegistry, metrics: Metrics, percent: str
) -> None:
    registry.publish("production", "1", ONE)
    registry.publish("canary", "2", TWO)
    following.step()

    registry.publish("canary", "3", THREE, percent=percent)
    following.step()

    assert policy(tmp_path)["canary"]["version"] == "2"
    assert metrics.registry.get_sample_value("bundles_refused_total", {"reason": "tag"}) == 1


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


def test_a_version_without_the_tag_is_refused(
    tmp_path: Path, following: Following, registry: MemoryRegistry, metrics: Metrics
) -> None:
    registry.publish("production", "1", ONE)
    registry.aliases["production"].tags.clear()
    following.step()

    assert not (tmp_path / "policy.json").exists()
    assert metrics.registry.get_sample_value("bundles_refused_total", {"reason": "tag"}) == 1


def test_a_registry_that_is_down_or_has_forgotten_the_model_changes_nothing(
    tmp_path: Path, following: Following, registry: MemoryRegistry, metrics: Metrics
) -> None:
    registry.publish("production", "1", ONE)
    following.work()
    before = (tmp_path / "policy.json").read_bytes()

    registry.down = True
    assert 1.5 <= following.work() <= 2.5
    registry.down, registry.exists = False, False
    for _ in range(3):
        following.work()

    assert (tmp_path / "policy.json").read_bytes() == before
    assert metrics.registry.get_sample_value("registry_polls_total", {"outcome": "unavailable"}) == 1
    assert metrics.registry.get_sample_value("registry_polls_total", {"outcome": "success"}) == 4


def test_production_is_emptied_when_its_alias_was_missing_twice_running(
    tmp_path: Path, following: Following, registry: MemoryRegistry
) -> None:
    registry.publish("production", "1", ONE)
    following.step()
    version = registry.aliases.pop("production")
    following.step()
    assert policy(tmp_path)["production"]["version"] == "1"

    registry.aliases["production"] = version
    following.step()
    del registry.aliases["production"]
    following.step()
    assert policy(tmp_path)["production"]["version"] == "1"
    following.step()
    assert policy(tmp_path)["production"] is None


def test_a_registry_that_goes_down_in_the_middle_leaves_the_policy_as_it_was(
    tmp_path: Path, following: Following, registry: MemoryRegistry
) -> None:
    registry.publish("production", "1", ONE)
    following.step()
    registry.publish("production", "2", TWO)
    registry.files["run-2"] = GoneFiles(registry.files["run-2"])

    with pytest.raises(RegistryUnavailableError):
        following.step()

    assert policy(tmp_path)["production"]["version"] == "1"
    assert [path.name for path in (tmp_path / "bundles").iterdir()] == [ONE[0]]


class GoneFiles(dict[str, bytes]):
    """Files of a registry that stops answering when the model itself is asked for."""

    def __getitem__(self, name: str) -> bytes:
        if name == "model.onnx":
            raise RegistryUnavailableError
        return super().__getitem__(name)


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


def test_after_a_policy_that_cannot_be_read_the_generation_is_surely_higher(
    tmp_path: Path, following: Following, registry: MemoryRegistry
) -> None:
    (tmp_path / "policy.json").write_text("{")
    registry.publish("production", "1", ONE)
    following.step()

    assert policy(tmp_path)["generation"] > 1_700_000_000


def problems(following: Following) -> dict[str, Any]:
    return dict(following.report)


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
    tmp_path: Path, registry: MemoryRegistry, metrics: Metrics, clock: Clock
) -> None:
    journal = tmp_path / "journal"
    following = Following(
        registry,
        tmp_path,
        "iris_clf",
        metrics,
        structlog.get_logger(),
        poll_seconds=2,
        keep_bundles=1,
        api_proofs=ApiProofs(journal),
        clock=clock,
    )
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


def test_a_served_version_that_was_deleted_goes_on_serving_and_is_reported(
    tmp_path: Path, following: Following, registry: MemoryRegistry, metrics: Metrics
) -> None:
    registry.publish("production", "1", ONE)
    registry.publish("production", "2", TWO)
    following.work()
    registry.delete("2")
    for _ in range(4):
        following.work()
    assert policy(tmp_path)["production"]["version"] == "2"
    assert problems(following)["deleted_version"] == "2"
    assert metrics.registry.get_sample_value("served_version_deleted") == 1

    registry.publish("production", "3", THREE)
    following.work()
    assert policy(tmp_path)["production"]["version"] == "3"
    assert problems(following)["deleted_version"] is None
    assert metrics.registry.get_sample_value("served_version_deleted") == 0

    # an alias that somebody took away is an order, then as before
    del registry.aliases["production"]
    following.work()
    following.work()
    assert policy(tmp_path)["production"] is None


def test_the_canary_of_a_version_that_was_deleted_goes_at_once(
    tmp_path: Path, following: Following, registry: MemoryRegistry
) -> None:
    registry.publish("production", "1", ONE)
    registry.publish("canary", "2", TWO)
    following.work()
    registry.delete("2")
    following.work()
    assert policy(tmp_path)["canary"] is None
    assert policy(tmp_path)["production"]["version"] == "1"


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


def test_what_an_alias_names_and_why_it_does_not_serve_reaches_the_api_the_health_page_and_the_metrics(
    tmp_path: Path, following: Following, registry: MemoryRegistry, metrics: Metrics
) -> None:
    registry.publish("production", "1", ONE)
    following.work()
    assert json.loads((tmp_path / "aliases.json").read_text()) == {
        "format": 1, "model": "iris_clf", "production": {"version": "1"},
    }  # fmt: skip
    assert following.report["aliases"] == {
        "production": {"names": "1", "serves": "1"},
        "canary": {"names": None, "serves": None},
        "shadow": {"names": None, "serves": None},
    }

    # As mlflow.sklearn.log_model registers a model: without any of our tags.
    registry.aliases["production"] = ModelVersion("2", "run-2", {})
    following.work()
    assert policy(tmp_path)["production"]["version"] == "1"
    body = json.loads((tmp_path / "aliases.json").read_text())["production"]
    assert body["version"] == "2"
    assert "no tag `bundle`" in body["refused"]
    assert following.report["aliases"]["production"] == {"names": "2", "serves": "1"}
    values = metrics.registry.get_sample_value
    assert values("registry_alias_version", {"alias": "production"}) == 2
    assert values("policy_alias_version", {"alias": "production"}) == 1

    registry.publish("production", "3", THREE)
    following.work()
    assert json.loads((tmp_path / "aliases.json").read_text())["production"] == {"version": "3"}
    assert values("policy_alias_version", {"alias": "production"}) == 3
