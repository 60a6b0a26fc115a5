"""`make model-up` and its neighbours: what they ask of Docker, what they write, and what they refuse."""

import json
import shutil
from pathlib import Path

import pytest

from tests.support.docker_stand_in import Docker

ROOT = Path(__file__).resolve().parents[4]
FILES = (
    "scripts/run/stack/model.sh",
    "scripts/run/stack/model_name.sh",
    "deploy/edge/model.cfg",
    "data/feedback/README.md",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose first model is iris_clf, with a folder for the model bikes."""
    root = tmp_path / "checkout"
    for folder in ("scripts/run/stack", "deploy/edge/models", "monitoring/prometheus/models", "data/feedback", "bikes"):
        (root / folder).mkdir(parents=True)
    for file in FILES:
        shutil.copy(ROOT / file, root / file)
    ready = root / "scripts/run/stack/ready.sh"
    ready.write_text("#!/bin/sh\n")
    ready.chmod(0o755)
    (root / "data/contract.yaml").write_text("name: iris\nmodel: iris_clf\n")
    (root / "bikes/contract.yaml").write_text("name: bikes\nmodel: bikes\n")
    return root


@pytest.fixture
def docker(tmp_path: Path) -> Docker:
    return Docker(
        tmp_path / "bin",
        [
            ("compose config --environment", 0, "COMPOSE_PROJECT_NAME=mine\n"),
            ("compose ps --quiet --status running mlflow", 0, "abc\n"),
            ("compose --profile scale ps *", 0, "abc\n"),
            ("compose --profile scale port edge 8000", 0, "127.0.0.1:8080\n"),
        ],
    )


def run(docker: Docker, checkout: Path, *words: str) -> tuple[int, str, str]:
    done = docker.run(str(checkout / FILES[0]), *words)
    return done.returncode, done.stdout, done.stderr


def test_a_model_is_trained_listed_at_prometheus_and_routed_by_the_edge(checkout: Path, docker: Docker) -> None:
    code, printed, error = run(docker, checkout, "up", "bikes")
    assert code == 0, error
    assert "/m/bikes/ and /v2/models/bikes" in printed
    assert "http://127.0.0.1:8080" in printed
    targets = json.loads((checkout / "monitoring/prometheus/models/bikes.json").read_text())
    assert [(one["targets"], one["labels"]) for one in targets] == [
        (["api-bikes:8000"], {"job": "api", "model": "bikes"}),
        (["courier-bikes:9102"], {"job": "courier", "model": "bikes"}),
    ]
    for name, api in (("bikes", "api-bikes"), ("iris_clf", "api")):
        backend = (checkout / f"deploy/edge/models/{name}.cfg").read_text()
        assert backend.startswith(f"backend model-{name}\n")
        assert f"server-template api 32 {api}:8000 " in backend
        assert "MODEL" not in backend
    names = checkout / "deploy/edge/models/_names.cfg"
    assert names.read_text() == 'global\n  setenv EDGE_MODELS "bikes, iris_clf"\n'
    assert (checkout / "bikes/feedback/README.md").exists(), "the stages of a training depend on data/feedback"
    assert "compose run --rm trainer ensure" in docker.calls
    assert docker.calls.index("compose --profile scale kill --signal USR2 edge") > docker.calls.index(
        "compose up --no-build --pull never --wait model-courier model-api"
    )


def test_an_edge_that_lost_its_folder_is_made_again(checkout: Path, docker: Docker) -> None:
    docker.answers.append(("compose --profile scale exec -T edge test *", 1, ""))
    assert run(docker, checkout, "up", "bikes")[0] == 0
    assert [call for call in docker.calls if "--force-recreate" in call and call.endswith(" edge")]
    assert not [call for call in docker.calls if "USR2" in call]


def test_a_model_that_is_stopped_leaves_prometheus_and_the_edge_and_can_be_started_again(
    checkout: Path, docker: Docker
) -> None:
    assert run(docker, checkout, "up", "bikes")[0] == 0
    assert run(docker, checkout, "down", "bikes")[0] == 0
    assert "compose down" in docker.calls
    assert not (checkout / "monitoring/prometheus/models/bikes.json").exists()
    assert not (checkout / "deploy/edge/models/bikes.cfg").exists()
    assert '"iris_clf"' in (checkout / "deploy/edge/models/_names.cfg").read_text()
    assert run(docker, checkout, "list")[1] == f"bikes\t{checkout / 'bikes'}\n"
    assert run(docker, checkout, "verb", "bikes", "promote", "--version", "2")[0] == 0
    assert "compose run --rm trainer promote --version 2" in docker.calls
    assert run(docker, checkout, "forget", "bikes")[0] == 0
    assert "compose down --volumes" in docker.calls
    assert run(docker, checkout, "list")[1] == ""


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("name: iris\nmodel: iris_clf\n", "iris_clf is the platform's first model"),
        ("name: x\nmodel: Bikes\n", "can't be an address"),
        ("name: x\nmodel: a.b\n", "can't be an address"),
    ],
)
def test_a_name_that_can_not_be_an_address_is_refused_before_anything_starts(
    head: str, reason: str, checkout: Path, docker: Docker
) -> None:
    (checkout / "bikes/contract.yaml").write_text(head)
    code, _, error = run(docker, checkout, "up", "bikes")
    assert code == 1
    assert reason in error
    assert not [call for call in docker.calls if " up " in call or " run " in call]


def test_a_folder_without_a_contract_and_a_model_nobody_started_are_named(checkout: Path, docker: Docker) -> None:
    code, _, error = run(docker, checkout, "up", "data/nothing")
    assert (code, "data/nothing has no contract.yaml" in error) == (1, True)
    for verb in ("down", "forget", "verb"):
        code, _, error = run(docker, checkout, verb, "nobody")
        assert (code, "no model nobody was started here" in error) == (1, True), verb
    code, _, error = run(docker, checkout, "up", "")
    missing = "FOLDER is missing: it is the folder that holds contract.yaml.\n  Example: make model-up FOLDER="
    assert (code, error.startswith(missing)) == (1, True)
    for verb, words in (("down", ()), ("forget", ()), ("verb", ("retrain",))):
        code, _, error = run(docker, checkout, verb, "", *words)
        expected = "MODEL is missing: it is a name that `make model-list` prints.\n  Example: make model-"
        assert (code, error) == (1, f"{expected}{words[0] if words else verb} MODEL=bikes\n")


def test_without_the_platform_nothing_is_started(checkout: Path, tmp_path: Path) -> None:
    docker = Docker(tmp_path / "other", [("compose config --environment", 0, "COMPOSE_PROJECT_NAME=mine\n")])
    code, _, error = run(docker, checkout, "up", "bikes")
    assert (code, "make up starts it" in error) == (1, True)


def test_every_command_of_the_page_does_what_it_says(checkout: Path, docker: Docker) -> None:
    page = (ROOT / "docs/how-to/several-models.md").read_text()
    commands = [line for block in page.split("```")[1::2] for line in block.splitlines() if line]
    assert [command.split()[1] for command in commands] == [
        "model-up", "model-list", "model-retrain", "model-down", "model-forget",
    ]  # fmt: skip
    asked = {"model-up": "ensure", "model-retrain": "retrain", "model-down": "down", "model-forget": "--volumes"}
    for command in commands:
        words = command.replace("~/models/", "").split()
        done = docker.run("make", "-C", str(checkout), "-f", str(ROOT / "Makefile"), *words[1:])
        assert done.returncode == 0, done.stderr
        assert asked.get(words[1], "") in " ".join(docker.calls)
    by_hand = "scripts/run/stack/model.sh verb bikes promote --version 2"
    assert by_hand in page
