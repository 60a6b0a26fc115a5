"""The courier's door to the registry, against a real MLflow server."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from mlflow import MlflowClient
from prometheus_client import CollectorRegistry

from courier.errors import RegistryUnavailableError
from courier.following.following import Following
from courier.following.registry import MlflowRegistry, ModelVersion
from courier.metrics import Metrics
from courier.testing import make_bundle
from tests.support.servers import free_port


class Publisher:
    """Somebody who publishes, with MLflow's own client."""

    def __init__(self, uri: str, folder: Path) -> None:
        self.client = MlflowClient(uri, uri)
        self.model = f"model-{uuid4().hex[:8]}"
        self.client.create_registered_model(self.model)
        self.experiment = self.client.create_experiment(self.model)
        self.folder = folder

    def publish(self, alias: str, bundle: str, files: dict[str, bytes], **tags: str) -> str:
        folder = self.folder / uuid4().hex / "bundle"
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        run = self.client.create_run(self.experiment)
        self.client.log_artifacts(run.info.run_id, str(folder), "bundle")
        source = f"runs:/{run.info.run_id}/bundle"
        version = self.client.create_model_version(
            self.model, source, run_id=run.info.run_id, tags={"bundle": bundle, **tags}
        )
        self.client.set_registered_model_alias(self.model, alias, version.version)
        return str(version.version)


@pytest.fixture
def publisher(mlflow_server: str, tmp_path: Path) -> Publisher:
    return Publisher(mlflow_server, tmp_path / "published")


def follow(uri: str, model: str, directory: Path) -> Following:
    return Following(
        MlflowRegistry(uri),
        directory,
        model,
        Metrics(CollectorRegistry()),
        structlog.get_logger(),
        poll_seconds=2,
        keep_bundles=3,
    )


def test_an_alias_is_resolved_to_a_version_its_tags_and_its_files(
    mlflow_server: str, publisher: Publisher, tmp_path: Path
) -> None:
    bundle, files = make_bundle()
    number = publisher.publish("production", bundle, files, percent="5")
    registry = MlflowRegistry(mlflow_server)

    version = registry.resolve(publisher.model, "production")

    assert version is not None
    assert (version.version, version.tags) == (number, {"bundle": bundle, "percent": "5"})
    assert registry.list_files(version) == {name: len(content) for name, content in files.items()}
    registry.download(version, "model.onnx", tmp_path / "model", most=len(files["model.onnx"]), seconds=30)
    assert (tmp_path / "model").read_bytes() == files["model.onnx"]


def test_what_does_not_exist_is_an_answer_and_no_failure(mlflow_server: str, publisher: Publisher) -> None:
    registry = MlflowRegistry(mlflow_server)

    assert registry.knows(publisher.model)
    assert not registry.knows("no such model")
    assert registry.resolve(publisher.model, "production") is None
    assert registry.resolve("no such model", "production") is None
    assert registry.list_files(ModelVersion("1", "")) == {}
    assert registry.list_files(ModelVersion("1", "0" * 32)) == {}


def test_a_server_that_is_not_there_is_unavailable_within_seconds() -> None:
    registry = MlflowRegistry(f"http://127.0.0.1:{free_port()}")
    started = time.monotonic()

    with pytest.raises(RegistryUnavailableError):
        registry.resolve("iris_clf", "production")

    # The client's defaults take four minutes; its import is in this figure too.
    assert time.monotonic() - started < 60


def test_the_serving_directory_follows_the_aliases_of_a_real_registry(
    mlflow_server: str, publisher: Publisher, tmp_path: Path
) -> None:
    following = follow(mlflow_server, publisher.model, tmp_path / "serving")
    following.step()
    assert not (tmp_path / "serving" / "policy.json").exists()

    one, two = make_bundle(number=1), make_bundle(number=2)
    publisher.publish("production", *one)
    following.step()
    publisher.publish("canary", *two, percent="25")
    following.step()
    publisher.client.delete_registered_model_alias(publisher.model, "canary")
    following.step()
    verdict: dict[str, Any] = {"gate.verdict": "passed"}
    publisher.publish("production", *two, **verdict)
    following.step()

    policy = json.loads((tmp_path / "serving" / "policy.json").read_text())
    assert (policy["generation"], policy["canary"]) == (4, None)
    assert policy["production"] == {"version": "3", "bundle": two[0], "verdict": "passed"}
    bundles = tmp_path / "serving" / "bundles"
    assert {path.name for path in bundles.iterdir()} == {one[0], two[0]}
    assert {path.name: path.read_bytes() for path in (bundles / two[0]).iterdir()} == two[1]


def test_the_newest_versions_come_first_with_the_time_they_were_registered(
    publisher: Publisher, mlflow_server: str
) -> None:
    registry = MlflowRegistry(mlflow_server)
    bundle, files = make_bundle()
    before = time.time()
    for quality in ("accuracy 0.8", "accuracy 0.9"):
        publisher.publish("production", bundle, files, quality=quality)
    found = registry.newest(publisher.model, 1)
    assert [(one.version, one.tags["quality"]) for one in found] == [("2", "accuracy 0.9")]
    assert before - 60 < found[0].made_ms / 1000 < time.time() + 60
    assert [one.version for one in registry.newest(publisher.model, 5)] == ["2", "1"]
    assert registry.newest("no such model", 5) == []
