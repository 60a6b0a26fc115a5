"""A table whose classes are 1, 2, 3, drafted as it is and served: through every door a label means what it says."""

import csv
import io
import json
import math
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import mlflow
import pandas as pd
import pytest
import yaml

from tests.support.servers import Server, free_port, http_answers, wait_until
from tests.support.tables import small_params
from trainer.bundle.bundle import bundle
from trainer.contract.contract import read_contract
from trainer.data.prepare import prepare
from trainer.drafting.draft import draft
from trainer.params import read_params
from trainer.training.train import train
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent

MODEL, ROWS = "grades_by_door", 180
HEADER = ["Student", " Hours ", "Books", "Tutor", "Grade"]


def table() -> bytes:
    """Semicolons, spaces around names, yes and no in two spellings, whole numbers with gaps as pandas writes them."""
    draw, out = random.Random(8), io.StringIO()
    page = csv.writer(out, delimiter=";", lineterminator="\n")
    page.writerow(HEADER)
    for row in range(ROWS):
        grade = row % 3 + 1
        hours, tutor = grade * 10 + draw.randrange(-7, 8), draw.random() < 0.5
        books = "" if row % 9 == 0 else f"{draw.randrange(5)}.0"
        page.writerow([f"S{row:03}", hours, books, ("yes" if row % 2 else "Yes") if tutor else "no", grade])
    return out.getvalue().encode()


@dataclass(frozen=True)
class Door:
    """A running api on the drafted table, and the folder of its project."""

    client: httpx2.Client
    home: Path
    registry: str

    def ask(self, path: str, content: bytes | str, kind: str = "text/csv") -> httpx2.Response:
        return self.client.post(path, content=content, headers={"Content-Type": kind})


@pytest.fixture(scope="module")
def door(mlflow_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    home = tmp_path_factory.mktemp("grades")
    layout = Layout(home)
    layout.contract.parent.mkdir()
    (home / "grades.csv").write_bytes(table())
    layout.contract.write_text(draft(table(), "grades.csv", "Grade").page + f"model: {MODEL}\n")
    layout.params.write_text(yaml.safe_dump(small_params()))
    contract, params = read_contract(layout.contract), read_params(layout.params)
    prepare(layout, contract)
    train(layout, contract, params, Silent())
    bundle(layout, contract, params)
    ports = {name: str(free_port()) for name in ("API_PORT", "COURIER_PORT")}
    named = {"MODEL_NAME": MODEL, "MLFLOW_TRACKING_URI": mlflow_server}
    environment = {**os.environ, **ports, **named, "API_WORKERS": "1", "DRAIN_POLL_SECONDS": "0.1"}
    command = [sys.executable, "-m", "trainer", "publish", "--require-promotion"]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    url = f"http://127.0.0.1:{ports['API_PORT']}"
    with (
        Server([sys.executable, "-m", "courier"], environment, log=home / "courier.log", cwd=home),
        Server([sys.executable, "-m", "api"], environment, log=home / "api.log", cwd=home) as api,
        httpx2.Client(base_url=url, timeout=10) as client,
    ):
        api.wait_until(lambda: http_answers(f"{url}/health/ready"), "the api serves the published model", 60)
        yield Door(client, home, mlflow_server)


def read(answer: httpx2.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_file_as_it_is_comes_back_answered_with_the_columns_that_ride_along(door: Door) -> None:
    answered = read(door.ask("/predict/batch", table()))
    assert [one["Student"] for one in answered] == [f"S{row:03}" for row in range(ROWS)]
    assert sum(one["label_name"] == one["Grade"] for one in answered) > 0.7 * ROWS
    assert {"label_name", "probability_1", "probability_2", "probability_3"} <= set(answered[0])


def test_the_answer_to_a_wrong_file_names_the_missing_column_and_the_one_like_it(door: Door) -> None:
    answer = door.ask("/predict/batch", table().replace(b" Hours ", b"Huors"))
    assert answer.status_code == 422
    assert "Hours" in answer.text
    assert "Huors" in answer.text


@pytest.mark.parametrize("label", [2, 2.0, "2"])
def test_feedback_names_the_class_of_the_same_value(door: Door, label: object) -> None:
    asked = {"Hours": 31, "Books": 3.0, "Tutor": True}
    prediction = door.client.post("/predict", json=asked).raise_for_status().json()["prediction_id"]
    answer = door.client.post("/feedback", json={"prediction_id": prediction, "label": label})
    assert answer.status_code == 202, answer.text
    wait_until(lambda: kept(door.home, prediction) == ["2"], "the feedback is in the audit as class 2", 30)


def kept(home: Path, prediction: str) -> list[str]:
    audit = home / "logs/predictions.db"
    with closing(sqlite3.connect(f"{audit.as_uri()}?mode=ro", uri=True)) as connection:
        found = connection.execute("SELECT label FROM feedback WHERE prediction_id = ?", (prediction,))
        return [row[0] for row in found]


def test_feedback_of_an_index_that_is_no_class_is_refused_with_the_classes(door: Door) -> None:
    prediction = door.client.post("/predict", json={"Hours": 9, "Books": None, "Tutor": False}).json()["prediction_id"]
    answer = door.client.post("/feedback", json={"prediction_id": prediction, "label": 0})
    assert answer.status_code == 422
    assert "'1', '2', '3'" in answer.text


def frame() -> pd.DataFrame:
    """The table as a person of pandas has it: Hours is int64, Books is float64 for its gaps."""
    found = pd.read_csv(io.BytesIO(table()), sep=";").rename(columns=str.strip)
    found["Tutor"] = found["Tutor"].str.lower() == "yes"
    return found


def test_three_point_zero_is_an_integer_by_every_door(door: Door) -> None:
    features = frame().drop(columns=["Student", "Grade"]).assign(Hours=lambda one: one["Hours"].astype(float))
    split = features.head(30).to_json(orient="split", index=False)
    invoked = door.ask("/invocations", f'{{"dataframe_split": {split}}}', "application/json").json()["predictions"]
    each = [door.client.post("/predict", json=row).json()["label_name"] for row in _records(features.head(30))]
    inputs = [
        {"name": "Hours", "datatype": "FP64", "shape": [30], "data": features["Hours"].head(30).tolist()},
        {"name": "Books", "datatype": "FP64", "shape": [30], "data": _gaps(features["Books"].head(30))},
        {"name": "Tutor", "datatype": "BOOL", "shape": [30], "data": features["Tutor"].head(30).tolist()},
    ]
    tensors = door.client.post(f"/v2/models/{MODEL}/infer", json={"inputs": inputs}).raise_for_status().json()
    named = next(one["data"] for one in tensors["outputs"] if one["name"] == "label_name")
    assert [str(one) for one in invoked] == each == named
    assert all(isinstance(one, int) for one in invoked)
    half = door.client.post("/predict", json={"Hours": 9.5, "Books": 3.0, "Tutor": True})
    assert half.status_code == 422
    assert "Hours" in half.text


# MLflow warns about a type of its own when its pyfunc is imported.
@pytest.mark.filterwarnings("ignore:.*AnyType:UserWarning")
def test_the_registered_model_takes_the_tables_own_columns_and_answers_as_the_api_does(door: Door) -> None:
    mlflow.set_tracking_uri(door.registry)
    loaded = mlflow.pyfunc.load_model(f"models:/{MODEL}@production")
    features = frame().drop(columns=["Student", "Grade"]).head(40)
    assert str(features["Hours"].dtype) == "int64"
    split = features.to_json(orient="split", index=False)
    invoked = door.ask("/invocations", f'{{"dataframe_split": {split}}}', "application/json").json()["predictions"]
    assert [int(one) for one in loaded.predict(features)] == invoked
    types = {one.name: str(one.type) for one in loaded.metadata.signature.inputs}
    described = door.client.get(f"/v2/models/{MODEL}").json()["inputs"]
    assert set(types) == {one["name"] for one in described} == set(read_contract(Layout(door.home).contract).features)
    assert types["Hours"] == "DataType.long"
    assert next(one["datatype"] for one in described if one["name"] == "Hours") == "INT64"


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads(rows.to_json(orient="records"))
    return read


def _gaps(values: "pd.Series[float]") -> list[float | None]:
    return [None if math.isnan(value) else value for value in values.tolist()]
