"""Without a model, without a journal, while it drains and after a fault of its own: what it answers then."""

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from starlette.testclient import TestClient

from api.http.exchange import Reply
from api.http.routing import Route
from api.settings import Settings
from tests.support.bundles import FLOWERS, IRIS, make_bundle, write_policy
from tests.support.edges import edge_of
from tests.support.polling import eventually
from tests.support.scrapes import metric

ROW = dict(zip(IRIS, (5.1, 3.5, 1.4, 0.2), strict=True))


def test_without_a_model_it_lives_is_not_ready_and_sheds(
    settings: Settings, start: Callable[[Settings], TestClient]
) -> None:
    client = start(settings)
    assert client.get("/health/live").status_code == 200
    for path in ("/health", "/health/ready"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["model_loaded"]) == (503, False)
    for path in ("/predict", "/predict/batch", "/feedback"):
        answer = client.post(path, json=ROW)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert client.get("/model").status_code == 503
    assert client.get("/openapi.json").status_code == 200
    assert metric(client, 'requests_shed_total{reason="no_model"}') == 4


def test_without_a_journal_nothing_is_answered_until_it_works_again(
    serving: Path, settings: Settings, start: Callable[[Settings], TestClient]
) -> None:
    assert serving.is_dir()
    settings.journal_dir.write_text("a file where the folder should be")
    client = start(settings)
    answer = client.post("/predict", json=ROW)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "audit" in answer.json()["detail"]
    assert client.get("/health").json() == {
        "ok": False, "model_loaded": True, "journal_writable": False, "draining": False,
        "model_path": str(next((serving / "bundles").iterdir()) / "model.onnx"),
        "models": [{"variant": "production", "version": "1"}], "counted_out": [], "refused": [], "unserved": [],
    }  # fmt: skip
    assert metric(client, 'predict_latency_seconds_count{variant="production",version="1"}') == 0
    settings.journal_dir.unlink()
    assert client.post("/predict", json=ROW).status_code == 200
    assert client.get("/health").status_code == 200


def test_draining_turns_readiness_and_nothing_else(client: TestClient) -> None:
    edge_of(client).drain()
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health/live").status_code == 200
    assert client.post("/predict", json=ROW).status_code == 200


def test_an_unexpected_failure_is_a_problem_with_an_id_and_a_traceback_in_the_log(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    edge_of(client)._hot.add(Route("/boom", {"POST": _boom}))
    answer = client.post("/boom", json=ROW, headers={"x-request-id": "boom-1"})
    assert answer.status_code == 500
    assert answer.json()["request_id"] == "boom-1"
    assert "secret" not in answer.text
    (event,) = [entry for entry in caplog.records if entry.levelname == "ERROR"]
    assert event.exc_info is not None
    assert metric(client, 'http_requests_total{method="POST",route="/boom",status="500"}') == 1


async def _boom(_: object) -> Reply:
    raise RuntimeError("a secret")


def test_requests_are_counted_by_template_and_unknown_paths_together(client: TestClient) -> None:
    for number in range(100):
        client.get(f"/nothing/{number}")
        client.request(f"METHOD{number}", "/model")
    client.get("/docs/swagger-ui.css")
    client.post("/predict", json=ROW)
    text = client.get("/metrics").text
    series = {line.rpartition(" ")[0] for line in text.splitlines() if line.startswith("http_requests_total")}
    assert series == {
        'http_requests_total{method="GET",route="unmatched",status="404"}',
        'http_requests_total{method="other",route="/model",status="405"}',
        'http_requests_total{method="GET",route="/docs/{file}",status="200"}',
        'http_requests_total{method="POST",route="/predict",status="200"}',
    }


def test_values_are_counted_in_the_bins_of_the_training_data_closed_on_the_right(client: TestClient) -> None:
    values = [1.0, 2.0, 2.1, 4.0, 4.1]
    for value in values:
        client.post("/predict", json={**ROW, "sepal_width_cm": value})
    rows = [{**ROW, "sepal_width_cm": value} for value in values * 20]
    client.post("/predict/batch", json={"rows": rows})
    bins = [
        metric(client, f'feature_observations_total{{bin="{label}",feature="sepal_width_cm",version="1"}}')
        for label in ("(-inf, 2]", "(2, 4]", "(4, inf)")
    ]
    assert bins == [42, 42, 21]
    answered = sum(
        metric(client, f'predictions_total{{label="{name}",variant="production",version="1"}}') for name in FLOWERS
    )
    assert answered == 105


def test_two_applications_in_one_process_do_not_share_anything(
    client: TestClient, settings: Settings, tmp_path: Path, start: Callable[[Settings], TestClient]
) -> None:
    other = start(settings.model_copy(update={"journal_dir": tmp_path / "other"}))
    client.post("/predict", json=ROW)
    assert metric(client, "predict_requests_total") == 1
    assert metric(other, "predict_requests_total") == 0


def test_metrics_say_which_version_is_loaded(client: TestClient, settings: Settings) -> None:
    assert metric(client, 'model_info{variant="production",version="1"}') == 1
    write_policy(settings.serving_dir, 2, make_bundle(settings.serving_dir, tilt=1.0), version="2")
    for _ in range(500):
        if client.get("/model").json()["version"] == "2":
            break
    assert metric(client, 'model_info{variant="production",version="1"}') == 0
    assert metric(client, 'model_info{variant="production",version="2"}') == 1


def test_health_names_the_file_of_the_served_model(serving: Path, client: TestClient) -> None:
    health = client.get("/health").json()
    assert health["model_path"] == f"{serving}/bundles/{client.get('/model').json()['bundle']}/model.onnx"
    assert Path(health["model_path"]).is_file()


def test_health_names_no_file_without_a_model(settings: Settings, start: Callable[[Settings], TestClient]) -> None:
    health = start(settings).get("/health").json()
    assert (health["model_loaded"], health["model_path"], health["unserved"]) == (False, None, [])


def test_health_model_and_playground_say_which_version_an_alias_names_that_does_not_serve(
    serving: Path, client: TestClient
) -> None:
    assert client.get("/health").json()["unserved"] == []
    named = {"production": {"version": "7", "refused": "no tag `bundle`"}, "canary": {"version": "8"}}
    (serving / "aliases.json").write_bytes(orjson.dumps({"format": 1, "model": "iris_clf", **named}))
    expected = [
        {"alias": "production", "version": "7", "serves": "1", "why": "no tag `bundle`"},
        {"alias": "canary", "version": "8", "serves": None, "why": None},
    ]
    for path in ("/health", "/model", "/playground/model.json"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["unserved"]) == (200, expected)
    status = client.get("/status.json").json()
    assert (status["ok"], status["state"]) == (False, "A version does not serve")
    assert status["next"]["verb"] == "make models"
    (serving / "aliases.json").write_bytes(
        orjson.dumps({"format": 1, "model": "iris_clf", "production": {"version": "1"}})
    )
    assert client.get("/health").json()["unserved"] == []
    # the page is made at most once a second
    eventually(lambda: client.get("/status.json").json()["state"] == "All is well")
    assert client.get("/status.json").json()["ok"] is True
