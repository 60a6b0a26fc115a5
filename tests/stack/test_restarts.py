"""Anything may be restarted, and everything stopped: the api goes on answering, and what was answered is kept."""

from pathlib import Path

import httpx2
import pytest

from tests.stack.conftest import predict
from tests.stack.load import Load
from tests.stack.platform import ROOT, Stack, run
from tests.support.servers import http_answers, wait_until


def landed(stack: Stack, ids: list[str]) -> int:
    """How many of the predictions are in the audit."""
    listed = ",".join(f"'{one}'" for one in ids)
    return int(stack.sql(f"SELECT count(*) FROM predictions WHERE id IN ({listed})")[0][0])


@pytest.mark.parametrize("service", ["postgres", "mlflow", "courier", "prometheus", "alertmanager"])
def test_predictions_are_answered_while_a_neighbour_restarts(service: str, stack: Stack) -> None:
    with Load(stack.url("api")) as load:
        load.wait_for(5)
        stack.compose("restart", service)
        stack.compose("up", "--wait", "--no-build", "--no-deps", service)
        load.wait_for(5)
    assert load.failures == []
    ids = [answer["prediction_id"] for answer in load.answers]
    wait_until(lambda: landed(stack, ids) == len(ids), "every answer is in the audit", 60)


def test_the_api_comes_back_with_its_model_and_without_the_registry(stack: Stack) -> None:
    stack.compose("stop", "mlflow", "courier", "postgres")
    stack.compose("restart", "api")
    ready = f"{stack.url('api')}/health/ready"
    wait_until(lambda: http_answers(ready), "the api is ready with nothing else running", 60)
    answer = predict(stack)
    stack.up()
    wait_until(
        lambda: landed(stack, [answer["prediction_id"]]) == 1, "the answer landed after the database came back", 60
    )


def test_a_new_training_is_followed_without_a_failed_prediction_and_the_same_one_changes_nothing(
    stack: Stack, tmp_path: Path
) -> None:
    params = (ROOT / "params.yaml").read_text()
    changed = tmp_path / "params.yaml"
    # another bundle of the same model: what is under test is who serves, not whether the gate finds it better
    changed.write_text(params.replace("rows: 12 # expected", "rows: 11 # expected"))
    assert changed.read_text() != params
    before = httpx2.get(f"{stack.url('api')}/model", timeout=10).json()
    retrain = ("run", "--rm", "--no-TTY", "--volume", f"{changed}:/opt/pipeline/params.yaml:ro", "trainer", "run")
    with Load(stack.url("api")) as load:
        load.wait_for(5)
        first = stack.compose(*retrain)
        wait_until(
            lambda: httpx2.get(f"{stack.url('api')}/model", timeout=10).json()["version"] != before["version"],
            f"the api serves the new version; the trainer printed {first.stdout[-500:]}",
            60,
        )
        load.wait_for(20)
    assert load.failures == []
    served = httpx2.get(f"{stack.url('api')}/model", timeout=10).json()
    assert served["bundle"] != before["bundle"]
    second = stack.compose(*retrain)
    assert second.stdout.count("didn't change, skipping") == 3
    assert "nothing to do" in second.stdout
    assert httpx2.get(f"{stack.url('api')}/model", timeout=10).json()["version"] == served["version"]
    # What a start runs does not take the alias away from the model that was chosen since; what a person runs does.
    assert "somebody moved it away" in stack.compose("run", "--rm", "--no-TTY", "trainer").stdout
    stack.compose("run", "--rm", "--no-TTY", "trainer", "run")
    serves = f"{stack.url('api')}/model"
    wait_until(
        lambda: bool(httpx2.get(serves, timeout=10).json()["bundle"] == before["bundle"]), "the first one is back"
    )


def test_down_and_up_keeps_everything(stack: Stack) -> None:
    answer = predict(stack)
    wait_until(lambda: landed(stack, [answer["prediction_id"]]) == 1, "the answer is in the audit")
    model = httpx2.get(f"{stack.url('api')}/model", timeout=10).json()
    password = stack.inside("postgres", "cat", "/run/secrets/postgres/postgres")
    stack.compose("down")
    stack.up()
    assert landed(stack, [answer["prediction_id"]]) == 1
    assert httpx2.get(f"{stack.url('api')}/model", timeout=10).json()["bundle"] == model["bundle"]
    assert stack.inside("postgres", "cat", "/run/secrets/postgres/postgres") == password


def test_killing_everything_at_once_loses_no_answer(stack: Stack) -> None:
    with Load(stack.url("api")) as load:
        load.wait_for(20)
        names = [stack.container(service)["Name"].lstrip("/") for service in stack.running]
        run("docker", "kill", *names)
    stack.up()
    ids = [answer["prediction_id"] for answer in load.answers]
    wait_until(lambda: landed(stack, ids) == len(ids), "every answer is in the audit", 60)
