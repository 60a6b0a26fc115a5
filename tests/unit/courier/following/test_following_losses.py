"""A registry that is down, an alias that is gone and a version that was deleted: which of them change the policy."""

from pathlib import Path

import pytest

from courier.errors import RegistryUnavailableError
from courier.following.following import Following
from courier.metrics import Metrics
from courier.testing import MemoryRegistry
from tests.support.registries import ONE, THREE, TWO, policy, problems


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
