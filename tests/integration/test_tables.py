"""Any table from end to end: nothing but the contract is another one. Iris goes this way in tests/lifecycle."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from scripts.run.questions import read_rows
from tests.support.servers import Server, free_port, http_answers, wait_until
from tests.support.tables import mixed_csv, mixed_page, sklearn_page, small_params
from trainer.bundle.bundle import bundle
from trainer.contract.contract import read_contract
from trainer.data.prepare import prepare
from trainer.params import read_params
from trainer.training.train import train
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent

ASKED = 40
LEAST = {"wine": 0.9, "breast_cancer": 0.9, "mixed": 0.6}
"""Share of the first questions that must be answered right; chance is a half at most."""


@pytest.fixture(params=["wine", "breast_cancer", "diabetes", "mixed"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with a contract and small parameters, in which every stage has run."""
    name: str = request.param
    (tmp_path / "data").mkdir()
    (tmp_path / "rows.csv").write_bytes(mixed_csv())
    page = mixed_page("rows.csv") if name == "mixed" else sklearn_page(name)
    (tmp_path / "data/contract.yaml").write_text(yaml.safe_dump(page | {"model": f"tables_{name}"}))
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(small_params()))
    layout = Layout(tmp_path)
    contract, params = read_contract(layout.contract), read_params(layout.params)
    prepare(layout, contract)
    train(layout, contract, params, Silent())
    bundle(layout, contract, params)
    return tmp_path


def publish(project: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "trainer", "publish", "--require-promotion"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def landed(database: Path) -> dict[str, sqlite3.Row]:
    if not database.exists():
        return {}
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        try:
            return {row["id"]: row for row in connection.execute("SELECT * FROM predictions")}
        except sqlite3.OperationalError:
            return {}


def test_a_table_is_trained_served_asked_and_found_in_the_audit(project: Path, mlflow_server: str) -> None:
    page = yaml.safe_load((project / "data/contract.yaml").read_text())
    ports = {name: str(free_port()) for name in ("API_PORT", "COURIER_PORT")}
    model = {"MODEL_NAME": f"tables_{page['name']}", "MLFLOW_TRACKING_URI": mlflow_server}
    environment = {**os.environ, **ports, **model, "API_WORKERS": "1", "DRAIN_POLL_SECONDS": "0.1"}
    url = f"http://127.0.0.1:{ports['API_PORT']}"
    publish(project, environment)
    with (
        Server([sys.executable, "-m", "courier"], environment, log=project / "courier.log", cwd=project),
        Server([sys.executable, "-m", "api"], environment, log=project / "api.log", cwd=project) as api,
    ):
        api.wait_until(lambda: http_answers(f"{url}/health/ready"), "the api serves the published model", 60)
        rows = list(read_rows(project / "data"))[::3][:ASKED]
        answers: list[dict[str, Any]] = []
        with httpx2.Client(base_url=url, timeout=10) as client:
            for features, _ in rows:
                answers.append(client.post("/predict", json=features).raise_for_status().json())
            metrics = client.get("/metrics").text
            truth: dict[str, Any] = {"value": float(rows[0][1])} if "value" in answers[0] else {"label": rows[0][1]}
            message = client.post("/feedback", json={"prediction_id": answers[0]["prediction_id"], **truth})
        ids = {answer["prediction_id"] for answer in answers}
        audit = project / "logs/predictions.db"
        wait_until(lambda: ids <= landed(audit).keys(), "every answer is in the audit", 30)
    assert message.status_code == 202, message.text
    kept = landed(audit)
    for (features, _), answer in zip(rows, answers, strict=True):
        row = kept[answer["prediction_id"]]
        assert json.loads(row["features"]) == features
        assert (row["value"] if "value" in answer else row["label"]) == answer.get("value", answer.get("label_name"))
    if page["name"] == "diabetes":
        errors = [abs(answer["value"] - float(true)) for (_, true), answer in zip(rows, answers, strict=True)]
        assert sum(errors) / len(errors) < 60  # always saying the mean is off by 66
    else:
        right = sum(answer["label_name"] == true for (_, true), answer in zip(rows, answers, strict=True))
        assert right / len(rows) >= LEAST[page["name"]]
    counted = [line for line in metrics.splitlines() if line.startswith("predictions_total{")]
    assert sum(float(line.rpartition(" ")[2]) for line in counted) == len(rows)
