"""One prediction, found again in every part of the platform."""

from typing import Any

import httpx2

from tests.stack.conftest import predict
from tests.stack.platform import Stack
from tests.support.servers import wait_until


def query(stack: Stack, expression: str) -> list[dict[str, Any]]:
    """An instant query to Prometheus."""
    answer = httpx2.get(f"{stack.url('prometheus')}/api/v1/query", params={"query": expression}, timeout=10).json()
    assert answer["status"] == "success", answer
    series: list[dict[str, Any]] = answer["data"]["result"]
    return series


def mlflow(stack: Stack, call: str, **parameters: str) -> dict[str, Any]:
    response = httpx2.get(f"{stack.url('mlflow')}/api/2.0/mlflow/{call}", params=parameters, timeout=10)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_the_answer_is_in_the_audit(stack: Stack) -> None:
    answer = predict(stack, petal_length=4.7)
    found = f"SELECT label, features->>'petal_length', variant FROM predictions WHERE id = '{answer['prediction_id']}'"
    wait_until(lambda: bool(stack.sql(found)), "the answer is in PostgreSQL")
    assert stack.sql(found) == [[answer["label_name"], "4.7", "production"]]


def test_the_answer_is_counted(stack: Stack) -> None:
    predict(stack)
    counted = 'sum(predictions_total{variant="production"})'
    wait_until(lambda: any(float(one["value"][1]) > 0 for one in query(stack, counted)), "Prometheus counts the answer")


def test_every_target_is_up(stack: Stack) -> None:
    jobs = {"api", "courier", "prometheus", "alertmanager"}
    wait_until(lambda: {one["metric"]["job"] for one in query(stack, "up == 1")} == jobs, "every target is up", 60)
    assert query(stack, "up == 0") == []


def test_prometheus_reaches_alertmanager_and_knows_the_rules(stack: Stack) -> None:
    found = httpx2.get(f"{stack.url('prometheus')}/api/v1/alertmanagers", timeout=10).json()["data"]
    assert [one["url"] for one in found["activeAlertmanagers"]] == ["http://alertmanager:9093/api/v2/alerts"]
    groups = httpx2.get(f"{stack.url('prometheus')}/api/v1/rules", timeout=10).json()["data"]["groups"]
    assert groups
    assert {rule["health"] for group in groups for rule in group["rules"]} <= {"ok", "unknown"}


def test_an_alert_arrives_in_the_store(stack: Stack) -> None:
    found = "SELECT status, severity, labels->>'alertname' FROM alerts WHERE name = 'Watchdog'"
    wait_until(lambda: stack.sql(found) != [], "the alert that always fires is in the table alerts", 120)
    assert stack.sql(found) == [["firing", "none", "Watchdog"]]


def test_mlflow_has_the_run_the_version_and_the_alias_that_serves(stack: Stack) -> None:
    version = mlflow(stack, "registered-models/alias", name="iris_clf", alias="production")["model_version"]
    served = httpx2.get(f"{stack.url('api')}/model", timeout=10).json()
    tags = {tag["key"]: tag["value"] for tag in version["tags"]}
    assert (version["version"], tags["bundle"]) == (str(served["version"]), served["bundle"])
    artifacts = mlflow(stack, "artifacts/list", run_id=version["run_id"], path="bundle")["files"]
    assert "bundle/manifest.json" in {file["path"] for file in artifacts}


def test_artifacts_travel_through_mlflow_to_its_volume(stack: Stack) -> None:
    version = mlflow(stack, "registered-models/alias", name="iris_clf", alias="production")["model_version"]
    run = mlflow(stack, "runs/get", run_id=version["run_id"])["run"]["info"]
    assert run["artifact_uri"].startswith("mlflow-artifacts:/")
    held = stack.inside("mlflow", "find", "/srv/artifacts", "-path", f"*{version['run_id']}*", "-name", "manifest.json")
    assert held.strip()


def test_nobody_but_the_listed_hosts_is_answered_by_mlflow(stack: Stack) -> None:
    url = f"{stack.url('mlflow')}/api/2.0/mlflow/experiments/search?max_results=1"
    assert httpx2.get(url, timeout=10).status_code == 200
    assert httpx2.get(url, headers={"Host": "evil.example"}, timeout=10).status_code == 403
