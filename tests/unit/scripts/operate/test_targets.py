"""A verb acts on its own checkout's platform or on the one that was named, and never on one that happens to answer."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import pytest_socket

from scripts.operate.__main__ import CONTAINERS, command, main
from scripts.operate.targets import ContainerTarget, LocalTarget, NoTargetError, api_target, registry_target
from scripts.run import record
from tests.unit.scripts.run.test_record import part

REGISTRY = "http://127.0.0.1:5000"
DOCKER = """#!/bin/sh
[ "$1" = compose ] || exit 1
case "$2" in
  ps) printf '%s' "$CONTAINERS" ;;
  port) echo "127.0.0.1:${API:?}" ;;
esac
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "checkout").mkdir()
    return tmp_path / "checkout"


@pytest.fixture(autouse=True)
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in engine: it says what $CONTAINERS holds, and that the api is published at port $API."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(DOCKER)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


def containers(folder: Path, **more: str) -> dict[str, str]:
    """An environment in which containers that were started from `folder` run."""
    labels = f"com.docker.compose.project=mlops-iris,com.docker.compose.project.working_dir={folder},a=b"
    page = json.dumps({"Service": "mlflow", "State": "running", "Labels": labels})
    return {**os.environ, "CONTAINERS": page, "API": "18000", **more}


def nothing(**more: str) -> dict[str, str]:
    return {**os.environ, "CONTAINERS": "", **more}


@contextmanager
def courier(follows: dict[str, Any] | None) -> Iterator[str]:
    """The address of a courier whose health page says this."""
    pytest_socket.enable_socket()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"ok": True, "follows": follows}).encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name for it
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def started(root: Path, *names: str, courier_url: str = "http://127.0.0.1:9102") -> None:
    """The checkout `root` has started these parts: this test's own process stands for each."""
    for name in names:
        address = {"courier": courier_url, "api": "http://127.0.0.1:8001"}.get(name, REGISTRY)
        record.add(root, name, part(os.getpid(), address=address).model_copy(update={"registry": REGISTRY}))


def follows(root: Path, registry: str = REGISTRY) -> dict[str, str]:
    return {"registry": registry, "model": "iris_clf", "serving_dir": str(root / "var" / "serving")}


def test_with_nothing_running_the_message_says_what_to_start_and_whose_the_mlflow_is_that_answers(root: Path) -> None:
    with courier(None) as stranger, pytest.raises(NoTargetError) as refused:
        registry_target("quality", nothing(MLFLOW_PORT=stranger.rpartition(":")[2]), root)
    assert "`make local`" in str(refused.value)
    assert "STACK=1" in str(refused.value)
    assert f"The MLflow at {stranger} was not started from here" in str(refused.value)


def test_what_this_checkout_started_is_used_with_its_own_courier(root: Path) -> None:
    with courier(follows(root)) as url:
        started(root, "mlflow", "courier", "api", courier_url=url)
        found = registry_target("quality", containers(root), root)
    assert found == LocalTarget(REGISTRY, url, own=True)
    assert isinstance(found, LocalTarget)
    assert found.settings == {"MLFLOW_TRACKING_URI": REGISTRY, "COURIER_URL": url}
    assert api_target(containers(root), root) == "http://127.0.0.1:8001"


@pytest.mark.parametrize("other", ["registry", "serving_dir"])
def test_a_courier_that_does_not_belong_to_the_registry_or_the_folder_is_refused(root: Path, other: str) -> None:
    found = follows(root) | {other: "http://127.0.0.1:5999"}
    with courier(found) as url:
        started(root, "mlflow", "courier", courier_url=url)
        with pytest.raises(NoTargetError, match=r"does not belong to this checkout's registry.*`make stop`"):
            registry_target("models", nothing(), root)


def test_a_server_at_the_courier_s_address_that_does_not_say_what_it_follows_is_refused(root: Path) -> None:
    with courier(None) as url:
        started(root, "mlflow", "courier", courier_url=url)
        with pytest.raises(NoTargetError, match="does not belong"):
            registry_target("retrain", nothing(), root)


def test_without_a_courier_of_its_own_no_other_is_asked(root: Path) -> None:
    started(root, "mlflow")
    with pytest.raises(NoTargetError, match="`make quality` asks the courier, and this checkout runs none"):
        registry_target("quality", nothing(), root)
    found = registry_target("retrain", nothing(), root)
    assert command(["retrain"], found)[-2:] == ["retrain", "--without-feedback"]


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({}, "http://127.0.0.1:9102"),
        ({"COURIER_URL": "http://c:1"}, "http://c:1"),
    ],
)
def test_a_named_registry_counts_and_brings_this_checkout_s_courier_where_it_follows_it(
    root: Path, named: dict[str, str], expected: str
) -> None:
    started(root, "mlflow", "courier")
    uri = "http://localhost:5000/"
    found = registry_target("models", nothing(MLFLOW_TRACKING_URI=uri, **named), root)
    assert found == LocalTarget(uri, expected, own=False)
    elsewhere = registry_target("models", nothing(MLFLOW_TRACKING_URI="http://other:5000"), root)
    assert elsewhere == LocalTarget("http://other:5000", None, own=False)


def test_containers_of_this_checkout_are_used_where_nothing_else_runs_or_where_they_are_asked_for(root: Path) -> None:
    assert registry_target("models", containers(root), root) == ContainerTarget()
    started(root, "mlflow")
    assert registry_target("models", containers(root, STACK="1"), root) == ContainerTarget()
    assert command(["models"], ContainerTarget()) == [*CONTAINERS, "trainer", "models"]
    assert command(["rollout"], ContainerTarget()) == [*CONTAINERS, "retrainer", "rollout"]


def test_containers_of_another_checkout_under_the_same_name_are_refused(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for find in (
        lambda: registry_target("models", containers(other), root),
        lambda: api_target(containers(other), root),
    ):
        with pytest.raises(NoTargetError, match=rf"started from {other}, not from {root}.*COMPOSE_PROJECT_NAME"):
            find()


def test_the_stack_that_is_asked_for_and_does_not_run_is_an_error_that_says_how_to_start_it(root: Path) -> None:
    started(root, "mlflow", "courier", "api")
    for find in (
        lambda: registry_target("models", nothing(STACK="1"), root),
        lambda: api_target(nothing(STACK="1"), root),
    ):
        with pytest.raises(NoTargetError, match="`make up`"):
            find()


def test_the_api_in_containers_is_where_compose_publishes_it(root: Path) -> None:
    assert api_target(containers(root), root) == "http://127.0.0.1:18000"
    started(root, "api")
    assert api_target(containers(root, STACK="1"), root) == "http://127.0.0.1:18000"
    assert api_target(containers(root, API_PORT="8123"), root) == "http://127.0.0.1:8123"
    with pytest.raises(NoTargetError, match="`make local`"):
        api_target(nothing(), root / "elsewhere")


def test_the_verb_ends_with_1_and_one_sentence_where_there_is_no_target(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["models"], nothing(STACK="1"), root) == 1
    assert capfd.readouterr().err == "No containers of this checkout run. Start them with `make up`.\n"


def test_a_file_of_labels_asks_no_platform(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "--from=none.csv"], nothing(), root) == 1
    assert "none.csv cannot be read" in capfd.readouterr().err, "the trainer ran"


def test_a_container_sees_the_model_and_the_tables_that_are_adopted(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv", "model.joblib"):
        (tmp_path / name).touch()
    verb = ["adopt", f"--csv={tmp_path}/*.csv", "--target=model.joblib", "--trust", f"{tmp_path}/model.joblib"]
    assert command(verb, ContainerTarget()) == [
        *CONTAINERS,
        *("--volume", f"{tmp_path}/a.csv:/given/table/a.csv:ro", "--volume", f"{tmp_path}/b.csv:/given/table/b.csv:ro"),
        *("--volume", f"{tmp_path}/model.joblib:/given/model/model.joblib:ro"),
        *(
            "trainer",
            "adopt",
            "--csv=/given/table/*.csv",
            "--target=model.joblib",
            "--trust",
            "/given/model/model.joblib",
        ),
    ]
    assert command(["adopt", "models:/iris_clf/3"], ContainerTarget()) == [
        *CONTAINERS, "trainer", "adopt", "models:/iris_clf/3",
    ]  # fmt: skip
