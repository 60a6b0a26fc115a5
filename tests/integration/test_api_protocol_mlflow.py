"""The api beside `mlflow models serve`: the model our trainer published, the same requests, the same answers."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import numpy as np
import pytest

from tests.support.apis import Api, running_api
from tests.support.bundles import write_policy
from tests.support.journals import records
from tests.support.servers import Server, free_port, http_answers
from tests.support.training import Published

NAMES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
ROWS: list[list[float]] = [[5.1, 3.5, 1.4, 0.2], [6.0, 2.7, 5.1, 1.6], [6.5, 3.0, 5.8, 2.2], [5, 3, 1, 0]]
RECORDS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
COLUMNS = {name: [row[index] for row in ROWS] for index, name in enumerate(NAMES)}
SPLIT: dict[str, Any] = {"columns": NAMES, "data": ROWS}
FRAME = ",".join(NAMES)


class Pair(NamedTuple):
    api: Api
    original: str


@pytest.fixture(scope="module")
def pair(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Our api and MLflow's scoring server, both with the model that the trainer published."""
    home, bundle = tmp_path_factory.mktemp("served"), published.bundle
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "mlflow",
        "models",
        "serve",
        "--model-uri",
        f"models:/{published.model}@production",
    ]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    original = f"http://127.0.0.1:{port}"
    api_home = tmp_path_factory.mktemp("api")
    shutil.copytree(bundle, api_home / "serving" / "bundles" / bundle.name)
    write_policy(api_home / "serving", 1, bundle.name, "1")
    with (
        Server(command, environment(published.uri), log=home / "serve.log", cwd=home) as server,
        running_api(api_home) as api,
    ):
        server.wait_until(lambda: http_answers(f"{original}/ping"), "mlflow models serve answers", seconds=90)
        yield Pair(api, original)


def environment(uri: str) -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "MLFLOW_TRACKING_URI": uri}


def ask(pair: Pair, content: bytes, kind: str) -> tuple[httpx2.Response, httpx2.Response]:
    """Our answer and the original's."""
    headers = {"content-type": kind}
    ours, theirs = (
        pair.api.client.post(f"{url}/invocations", content=content, headers=headers)
        for url in (pair.api.url, pair.original)
    )
    return ours, theirs


ANSWERED: dict[str, Any] = {
    "split": {"dataframe_split": SPLIT},
    "split with an index": {"dataframe_split": SPLIT | {"index": [9, 8, 7, 6]}},
    "split in another order, with more": {
        "dataframe_split": {"columns": [*NAMES[::-1], "x"], "data": [[*row[::-1], "y"] for row in ROWS]}
    },
    "split of text": {"dataframe_split": {"columns": NAMES, "data": [[str(value) for value in row] for row in ROWS]}},
    "records": {"dataframe_records": RECORDS},
    "records with more": {"dataframe_records": [{**record, "more": "x"} for record in RECORDS]},
    "one record": {"dataframe_records": RECORDS[:1]},
    "instances": {"instances": RECORDS},
    "instances with params": {"instances": RECORDS, "params": {"a": 1}},
    "instances as columns": {"instances": COLUMNS},
    "instances with a number in quotes": {"instances": [{**RECORDS[0], "petal_width": "0.2"}]},
    "inputs": {"inputs": COLUMNS},
    "inputs as records": {"inputs": RECORDS},
    "inputs as one row": {"inputs": RECORDS[0]},
    "something beside": {"inputs": COLUMNS, "other": 1},
}
REFUSED: dict[str, Any] = {
    "no form": {"foo": 1},
    "two forms": {"inputs": COLUMNS, "instances": RECORDS},
    "a list": [RECORDS],
    "a number": 5,
    "split without columns": {"dataframe_split": {"data": ROWS}},
    "split without data": {"dataframe_split": {"columns": NAMES}},
    "split with more fields": {"dataframe_split": SPLIT | {"more": 1}},
    "split as a list": {"dataframe_split": ROWS},
    "split without rows": {"dataframe_split": {"columns": NAMES, "data": []}},
    "split with a missing column": {"dataframe_split": {"columns": NAMES[:3], "data": [row[:3] for row in ROWS]}},
    "split with a short row": {"dataframe_split": {"columns": NAMES, "data": [[1, 2, 3]]}},
    "split with null": {"dataframe_split": {"columns": NAMES, "data": [[1, 2, 3, None]]}},
    "records as an object": {"dataframe_records": {}},
    "no records": {"dataframe_records": []},
    "records with a missing column": {"dataframe_records": [{"sepal_length": 1.0}]},
    "instances as rows": {"instances": ROWS},
    "no instances": {"instances": []},
    "instances with a word": {"instances": [{**RECORDS[0], "petal_width": "wide"}]},
    "inputs as rows": {"inputs": ROWS},
    "inputs as lists of lists": {"inputs": {name: [[value] for value in COLUMNS[name]] for name in NAMES}},
    "inputs of different lengths": {"inputs": COLUMNS | {"petal_width": [1.0]}},
}


@pytest.mark.parametrize("form", ANSWERED)
def test_the_answers_are_the_same(pair: Pair, form: str) -> None:
    ours, theirs = ask(pair, json.dumps(ANSWERED[form]).encode(), "application/json")
    assert (ours.status_code, ours.json()) == (theirs.status_code, theirs.json()) == (200, ours.json())
    assert ours.headers["content-type"] == theirs.headers["content-type"]


@pytest.mark.parametrize("form", REFUSED)
def test_the_refusals_are_the_same(pair: Pair, form: str) -> None:
    ours, theirs = ask(pair, json.dumps(REFUSED[form]).encode(), "application/json")
    assert ours.status_code == theirs.status_code == 400
    assert ours.json().keys() <= theirs.json().keys()
    assert "message" in ours.json()


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (f"{FRAME}\n5.1,3.5,1.4,0.2\n6,3,5,2\n", "text/csv", 200),
        (f"x,{','.join(NAMES[::-1])}\r\na,0.2,1.4,3.5,5.1\r\n", "text/csv; charset=utf-8", 200),
        (f'"{NAMES[0]}",{",".join(NAMES[1:])}\n"5.1",3.5,1.4,0.2\n\n', "text/csv", 200),
        (f"{FRAME}\n5.1,3.5,1.4,\n", "text/csv", 400),
        (f"{FRAME}\n5.1,3.5,1.4,wide\n", "text/csv", 400),
        (f"{FRAME}\n", "text/csv", 400),
        ("", "text/csv", 400),
        ("sepal_length\n1\n", "text/csv", 400),
        ("{", "application/json", 400),
        ('{"inputs": {"sepal_length": NaN}}', "application/json", 400),
        ("x", "text/plain", 415),
        (FRAME, "text/csv; charset=latin-1", 415),
        (FRAME, "text/csv; header=present", 415),
    ],
)
def test_text_is_answered_and_refused_the_same(pair: Pair, content: str, kind: str, status: int) -> None:
    ours, theirs = ask(pair, content.encode(), kind)
    assert ours.status_code == theirs.status_code == status
    assert status != 200 or ours.json() == theirs.json()


MLFLOWS_CLIENT = """
import json, sys, pandas
from mlflow.pyfunc.scoring_server.client import ScoringServerClient
data = pandas.DataFrame(**json.load(sys.stdin))
for port in sys.argv[1:]:
    client = ScoringServerClient("127.0.0.1", int(port))
    client.ping()
    print(json.dumps(client.invoke(data).get_predictions()[0].tolist()))
"""


def test_a_thousand_rows_get_the_same_labels_through_mlflows_own_client(pair: Pair) -> None:
    rows = np.random.default_rng(7).uniform([4, 2, 1, 0], [8, 4.5, 7, 2.5], (1000, 4)).round(1).tolist()
    data = json.dumps({"columns": NAMES, "data": rows})
    # in a process of its own: importing it warns, and a warning is an error in here
    command = [sys.executable, "-c", MLFLOWS_CLIENT, *(url.rpartition(":")[2] for url in (pair.api.url, pair.original))]
    done = subprocess.run(command, input=data, capture_output=True, text=True, env=environment(""), check=False)
    assert done.returncode == 0, done.stderr
    ours, theirs = map(json.loads, done.stdout.splitlines())
    assert ours == theirs
    assert set(ours) == {"setosa", "versicolor", "virginica"}
    assert any(record["rows"] == rows for record in records(pair.api.journal))


def test_ping_and_version_are_the_same(pair: Pair) -> None:
    for path in ("/ping", "/version"):
        ours, theirs = (httpx2.get(url + path) for url in (pair.api.url, pair.original))
        assert (ours.status_code, ours.content) == (theirs.status_code, theirs.content)
        assert ours.headers["content-type"] == theirs.headers["content-type"]
