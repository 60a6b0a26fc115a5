"""The rollout of the trainer asks for series that a real api and the courier write, with these labels and values."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from courier.following.policy import PolicyEntry, PolicyFile
from courier.metrics import Metrics
from tests.monitoring.programs import asked_by_the_trainer
from tests.support.bundles import IRIS, tiny_parts

SELECTOR = re.compile(r"([a-z_]+)\{([^}]*)\}")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    bundle = tiny_parts().write(tmp_path / "serving/bundles")
    canary = PolicyEntry(version="7", bundle=bundle, percent=100.0)
    PolicyFile(tmp_path / "serving").write(
        "iris_clf",
        {"production": PolicyEntry(version="6", bundle=bundle), "canary": canary, "shadow": None},
        current=None,
    )
    settings = Settings(serving_dir=tmp_path / "serving", journal_dir=tmp_path / "journal")
    with TestClient(create_app(settings), "http://localhost") as client:
        yield client
    structlog.reset_defaults()


def _series(page: str) -> list[tuple[str, dict[str, str]]]:
    return [(one.name, one.labels) for family in text_string_to_metric_families(page) for one in family.samples]


def test_what_the_rollout_asks_for_is_written(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.post("/predict", json=dict.fromkeys(IRIS, 1.0)).raise_for_status()
    courier = Metrics(CollectorRegistry())
    for outcome in ("correct", "incorrect"):
        courier.landing.feedback.labels("7", outcome).inc()
    written = _series(client.get("/metrics").text) + _series(generate_latest(courier.registry).decode())

    asked = [found for query in asked_by_the_trainer(monkeypatch) for found in SELECTOR.findall(query)]
    assert len(asked) >= 5
    for name, matchers in asked:
        wanted = dict(pair.replace('"', "").split("=") for pair in matchers.split(","))
        # To Prometheus a label with an empty value and a label that is absent are the same.
        assert any(
            name == one and all(labels.get(label, "") == value for label, value in wanted.items())
            for one, labels in written
        ), (name, wanted)
