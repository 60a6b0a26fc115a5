"""A second model beside the first on three nodes: trained, answered by every edge, audited, measured and stopped."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.support.servers import wait_until
from tests.swarm.clients import Clients
from tests.swarm.cluster import Cluster

CONTRACT = """
name: bikes
model: bikes
source: data/bikes.csv
duplicates: allow
columns:
  - {name: weight, dtype: float64, minimum: 0, maximum: 50, unit: kg, description: Weight of the bike}
  - {name: gears, dtype: float64, minimum: 0, maximum: 50, unit: "", description: Number of gears}
target: {name: kind, description: What it is made for, classes: [city, race]}
"""
ROW = {"weight": 7.5, "gears": 22.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bikes")
    (made / "contract.yaml").write_text(CONTRACT)
    rows = [f"{7 + turn % 10 / 5},{18 + turn % 7},race" for turn in range(100)]
    rows += [f"{13 + turn % 9 / 3},{3 + turn % 6},city" for turn in range(100)]
    (made / "bikes.csv").write_text("\n".join(["weight,gears,kind", *rows]) + "\n")
    return made


@pytest.fixture(scope="module")
def bikes(cluster: Cluster, folder: Path, note: Callable[[str], None]) -> Iterator[None]:
    with Clients(cluster.addresses) as clients:
        started = time.monotonic()
        cluster.verb("swarm-model-up", {"FOLDER": str(folder), "N": "2"})
        took = time.monotonic() - started
    note(f"a second model, {took:.0f} s until its first answer; the first model meanwhile: {clients.seen.line()}")
    assert (clients.seen.bad, clients.seen.cut) == ([], [])
    yield
    cluster.verb("swarm-model-down", {"MODEL": "bikes"}, check=False)


def ask(address: str, path: str, body: object) -> tuple[int, dict[str, Any]]:
    request = Request(f"http://{address}:8000{path}", json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        with urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as error:
        return error.code, json.loads(error.read())


@pytest.mark.usefixtures("bikes")
def test_every_edge_answers_for_each_model_under_its_own_address(cluster: Cluster) -> None:
    columns = [{"name": name, "shape": [1], "datatype": "FP64", "data": [value]} for name, value in ROW.items()]
    for address in cluster.addresses:
        status, answer = ask(address, "/m/bikes/predict", ROW)
        assert (status, answer["label_name"], answer["model"]["name"]) == (200, "race", "bikes")
        assert ask(address, "/v2/models/bikes/infer", {"inputs": columns})[1]["model_name"] == "bikes"
        assert ask(address, "/m/iris_clf/predict", ROW)[0] == 422
        status, problem = ask(address, "/m/nobody/predict", ROW)
        assert (status, problem["detail"]) == (404, "no model is named nobody; the models are bikes, iris_clf")


@pytest.mark.usefixtures("bikes")
def test_its_answers_are_in_the_audit_and_in_prometheus_under_its_name(cluster: Cluster) -> None:
    answers = [ask(address, "/m/bikes/predict", ROW)[1]["prediction_id"] for address in cluster.addresses * 5]
    stored = "SELECT count(*) FROM predictions WHERE model = 'bikes' AND id IN ({})"
    ids = ", ".join(f"'{one}'" for one in answers)
    wait_until(lambda: cluster.sql(stored.format(ids)) == ["15"], "each answer is stored", seconds=60)
    counted = 'sum(http_requests_total{job="api",model="bikes",route="/predict",status="200"})'
    wait_until(lambda: cluster.asked(counted) >= len(answers), "Prometheus counts them", seconds=60)
    assert cluster.asked('count(up{job="courier",model="bikes"} == 1)') == 3
    assert cluster.asked('count(up{job="api",model="bikes"} == 1)') == 2
    # Where a node went with Prometheus, the apis of before are up for as long as Prometheus looks back: five minutes.
    first = 'count(up{job="api",model=""} == 1)'
    wait_until(lambda: cluster.asked(first) == 3, "the first model has its own three apis", seconds=330)


@pytest.mark.usefixtures("bikes")
def test_a_contract_that_can_not_be_trained_ends_with_the_way_to_its_reason(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_text(CONTRACT.replace("bikes", "skates"))
    done = cluster.verb("swarm-model-up", {"FOLDER": str(tmp_path)}, check=False)
    assert done.returncode != 0
    assert "docker service logs mlops-skates_trainer" in done.stderr
    assert "skates" in cluster.verb("swarm-model-list").stdout
    cluster.verb("swarm-model-down", {"MODEL": "skates"})


@pytest.mark.usefixtures("bikes")
def test_a_model_that_is_stopped_has_no_address_any_more(cluster: Cluster) -> None:
    cluster.verb("swarm-model-down", {"MODEL": "bikes"})
    wait_until(lambda: ask(cluster.addresses[0], "/m/bikes/predict", ROW)[0] == 404, "the edge forgot it", seconds=60)
    assert "bikes" not in cluster.verb("swarm-model-list").stdout
    assert ask(cluster.addresses[0], "/v2/models/iris_clf/infer", {})[0] != 404
