"""From aliases to the policy: the versions, the percentage, the verdict, and why a version does not serve."""

import json
from pathlib import Path

import pytest

from courier.following.following import Following
from courier.following.registry import ModelVersion
from courier.metrics import Metrics
from courier.testing import MemoryRegistry
from tests.support.registries import ONE, THREE, TWO, policy


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


def test_a_version_without_the_tag_is_refused(
    tmp_path: Path, following: Following, registry: MemoryRegistry, metrics: Metrics
) -> None:
    registry.publish("production", "1", ONE)
    registry.aliases["production"].tags.clear()
    following.step()

    assert not (tmp_path / "policy.json").exists()
    assert metrics.registry.get_sample_value("bundles_refused_total", {"reason": "tag"}) == 1


def test_after_a_policy_that_cannot_be_read_the_generation_is_surely_higher(
    tmp_path: Path, following: Following, registry: MemoryRegistry
) -> None:
    (tmp_path / "policy.json").write_text("{")
    registry.publish("production", "1", ONE)
    following.step()

    assert policy(tmp_path)["generation"] > 1_700_000_000


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
