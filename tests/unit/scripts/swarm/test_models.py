"""The verbs of further models on a swarm: what they refuse, and in which order they stop."""

import json
import sys
from pathlib import Path

import pytest

from scripts.swarm.models import NAME
from tests.support.docker_stand_in import Docker

ROOT = Path(__file__).resolve().parents[4]
SETTINGS = json.dumps({"MODEL_NAME": "iris_clf", "REGISTRY": "one/"})
PLATFORM = [{"Spec": {"Name": "mlops_api", "Labels": {"mlops-iris.settings": SETTINGS}}}]
BIKES = [{"Spec": {"Name": "mlops-bikes_model-api", "Labels": {"mlops-iris.model": "bikes"}}}]
BIKES_RUNS = [
    ("service ls --filter label=mlops-iris.model *", 0, '{"ID": "b1", "Name": "mlops-bikes_model-api"}\n'),
    ("service inspect b1", 0, json.dumps(BIKES)),
]
PLATFORM_RUNS = [
    ("service ls --filter name=mlops_api *", 0, '{"ID": "a1", "Name": "mlops_api"}\n'),
    ("service inspect mlops_api", 0, json.dumps(PLATFORM)),
]


def run(docker: Docker, *words: str) -> tuple[int, str]:
    done = docker.run(sys.executable, "-m", "scripts.swarm", *words, PYTHONPATH=str(ROOT))
    return done.returncode, done.stdout + done.stderr


def folder(tmp_path: Path, head: str) -> str:
    (tmp_path / "contract.yaml").write_text(head)
    return str(tmp_path)


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("name: iris\nmodel: iris_clf\n", "iris_clf is the platform's first model"),
        ("name: x\nmodel: Bikes\n", "the model's name 'Bikes' can't be an address"),
        (f"name: x\nmodel: {'m' * 41}\n", "at most 40"),
    ],
)
def test_a_name_that_can_not_be_an_address_is_refused_before_anything_is_deployed(
    head: str, reason: str, tmp_path: Path
) -> None:
    docker = Docker(tmp_path / "bin", PLATFORM_RUNS)
    code, message = run(docker, "model-up", "--folder", folder(tmp_path, head))
    assert (code, reason in message) == (1, True), message
    assert not [call for call in docker.calls if call.startswith("stack")]


def test_a_swarm_without_the_platform_and_a_folder_without_a_contract_are_named(tmp_path: Path) -> None:
    code, message = run(Docker(tmp_path / "empty"), "model-up", "--folder", folder(tmp_path, "model: bikes\n"))
    assert (code, message) == (1, "the platform does not run: make swarm-up\n")
    code, message = run(Docker(tmp_path / "bin", PLATFORM_RUNS), "model-up", "--folder", str(tmp_path / "none"))
    assert (code, "has no contract.yaml: make contract" in message) == (1, True)


def test_a_model_that_does_not_run_is_named_with_those_that_do(tmp_path: Path) -> None:
    code, message = run(Docker(tmp_path / "bin", BIKES_RUNS), "model-down", "--model", "skates")
    assert (code, message) == (1, "no further model is named skates; those that run: bikes\n")


def test_the_platform_stops_after_its_further_models_and_a_courier_after_its_api(tmp_path: Path) -> None:
    docker = Docker(tmp_path / "bin", BIKES_RUNS)
    code, message = run(docker, "down")
    assert code == 0, message
    order = [call for call in docker.calls if call.startswith(("service scale", "stack rm"))]
    assert order == [
        "service scale --detach mlops-bikes_model-api=0",
        "stack rm mlops-bikes",
        "stack rm mlops",
    ]


def test_a_name_is_one_that_the_verbs_for_compose_accept() -> None:
    assert f"^{NAME.pattern}$" in (ROOT / "scripts/run/stack/model.sh").read_text(encoding="utf-8")
