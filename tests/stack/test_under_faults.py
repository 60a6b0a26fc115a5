"""Containers are killed, stopped, starved and missed while clients ask: the verdicts are the torture suite's.

Its name comes late in the alphabet on purpose: so many restarts are what an alert is for, and others want none.
"""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from mlflow import MlflowClient

from tests.stack.platform import Stack, run
from tests.support.servers import http_answers, wait_until
from tests.torture.rig.audit import PREDICTIONS, row_of
from tests.torture.rig.load import CLIENTS, Load
from tests.torture.rig.log import Broken, Log
from tests.torture.rig.offline import Offline
from tests.torture.rig.verdicts import judge

PEAK = 1000.0
SOON = 300
HOG = (Path(__file__).parent / "hog.py").read_text()
Note = Callable[[str], None]
Models = dict[str, Offline]


@pytest.fixture(scope="module")
def models(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Models:
    """The version that serves, from the registry and not from the api, to be asked offline."""
    served, client = httpx2.get(f"{stack.url('api')}/model", timeout=10).json(), MlflowClient(stack.url("mlflow"))
    version = client.get_model_version("iris_clf", str(served["version"]))
    assert version.run_id is not None
    fetched = Path(client.download_artifacts(version.run_id, "bundle", str(tmp_path_factory.mktemp("registry"))))
    return {version.version: Offline(fetched.rename(fetched.with_name(version.tags["bundle"])))}


@pytest.fixture
def load(stack: Stack, models: Models) -> Load:
    """16 clients, 200 requests a second."""
    return Load(stack.url("api"), features=features_of(models))


def features_of(models: Models) -> tuple[str, ...]:
    (model,) = models.values()
    manifest = json.loads((model.folder / "manifest.json").read_bytes())
    return tuple(feature["name"] for feature in manifest["features"])


def tried(stack: Stack, log: Log, models: Models) -> str:
    """The three verdicts and their figures, when nothing waits in the journal any more."""
    status = ("python", "-m", "courier", "status")
    wait_until(
        lambda: json.loads(stack.inside("courier", *status))["journal"]["pending_records"] == 0,
        "the journal is drained",
        120,
    )
    figures = judge(log, [row_of(fields) for fields in stack.sql(PREDICTIONS)], models)
    return f"{figures}, {len(cut(log))} of them on an open connection"


def cut(log: Log) -> list[Broken]:
    """What went unanswered on a connection that had been answered on. The engine's proxy takes new ones in the name of
    a container whose process does not listen yet; on those nothing reached anybody."""
    return [broken for broken in log.broken if not broken.fresh]


def start(stack: Stack) -> float:
    """Start the api's container; the seconds until it takes requests."""
    began = time.monotonic()
    stack.compose("start", "api")
    wait_until(lambda: http_answers(f"{stack.url('api')}/health/ready"), "the api is ready", 60)
    return time.monotonic() - began


@contextlib.contextmanager
def without(stack: Stack, service: str) -> Iterator[None]:
    """It is stopped, and healthy again when the context is left."""
    stack.compose("stop", service)
    try:
        yield
    finally:
        stack.compose("up", "--wait", "--no-build", "--no-deps", service)


@pytest.mark.parametrize("registry", ["there", "gone"])
def test_the_api_s_container_killed_at_its_peak_comes_back_with_its_model(
    registry: str, stack: Stack, models: Models, note: Note
) -> None:
    with without(stack, "mlflow") if registry == "gone" else contextlib.nullcontext():
        with Load(stack.url("api"), rate=PEAK, features=features_of(models)) as load:
            load.wait_for(1000)
            run("docker", "kill", "--signal", "KILL", stack.container("api")["Name"])
            seconds = start(stack)
            load.wait_for(500)
        figures = tried(stack, load.log, models)
    note(f"api killed at up to {PEAK:.0f} requests/s, registry {registry}: {figures}; ready after {seconds:.1f} s")
    assert len(cut(load.log)) <= CLIENTS


def test_docker_stop_under_load_ends_the_api_in_good_order(
    stack: Stack, load: Load, models: Models, note: Note
) -> None:
    container = stack.container("api")
    with load:
        load.wait_for(300)
        began = time.monotonic()
        run("docker", "stop", container["Name"])
        seconds = time.monotonic() - began
        state = stack.container("api")["State"]
        start(stack)
        load.wait_for(100)
    grace = container["Config"]["StopTimeout"]
    note(
        f"docker stop of the api: {tried(stack, load.log, models)};"
        f" exit code {state['ExitCode']} after {seconds:.1f} s of {grace}"
    )
    # Beyond the grace the engine kills, and the code is 137.
    assert (state["Status"], state["ExitCode"]) == ("exited", 0)
    assert cut(load.log) == [], "what was sent on an open connection was answered"


def test_memory_at_its_limit_costs_one_worker_and_no_answer(
    stack: Stack, load: Load, models: Models, note: Note
) -> None:
    def workers() -> set[int]:
        return set(json.loads(stack.inside("api", "python", "-c", HOG, "list"))["workers"])

    before, container = workers(), stack.container("api")
    with load:
        load.wait_for(200)
        starved = json.loads(stack.inside("api", "python", "-c", HOG))
        wait_until(lambda: len(workers()) == len(before), "a new worker takes the place of the killed one", 60)
        load.wait_for(200)
        after = workers()
    figures, limit = tried(stack, load.log, models), container["HostConfig"]["Memory"]
    note(f"{starved['taken'] >> 20} of {limit >> 20} MiB taken from the api, one worker killed: {figures}")
    assert before - after == {starved["killed"]}
    now = stack.container("api")
    assert (now["Id"], now["State"]["StartedAt"]) == (container["Id"], container["State"]["StartedAt"])
    assert len(cut(load.log)) <= CLIENTS


def test_prometheus_gone_for_a_while_is_not_noticed_and_calls_nobody_afterwards(
    stack: Stack, load: Load, models: Models, note: Note
) -> None:
    def groups() -> list[dict[str, Any]]:
        """The groups of rules with alerts that wake somebody, with those rules alone."""
        every = httpx2.get(f"{stack.url('prometheus')}/api/v1/rules", timeout=10).json()["data"]["groups"]
        paging = [{**one, "rules": [rule for rule in one["rules"] if _pages(rule)]} for one in every]
        return [one for one in paging if one["rules"]]

    def pages() -> set[str]:
        return {rule["name"] for group in groups() for rule in group["rules"] if rule["alerts"]}

    def evaluated() -> float:
        return min(datetime.fromisoformat(group["lastEvaluation"]).timestamp() for group in groups())

    before = pages()
    with load:
        load.wait_for(100)
        began = time.time()
        with without(stack, "prometheus"):
            load.go_on(15)
        returned = time.time()
        wait_until(lambda: evaluated() > returned + 15, "every rule that pages was evaluated twice", 90)
    figures, after = tried(stack, load.log, models), pages()
    note(f"Prometheus gone for {returned - began:.0f} s: {figures}; {len(after - before)} pages pending")
    assert (load.log.broken, load.log.refused, load.log.unreached) == ([], [], 0)
    assert after <= before


def _pages(rule: dict[str, Any]) -> bool:
    """Whether it wakes somebody soon. One that is pending counts: it would, were the gap longer. A rule that waits for
    a quarter of an hour does so because it takes what a gap or a restart cuts off a counter for a difference."""
    return bool(rule.get("labels", {}).get("severity") == "page" and rule["duration"] <= SOON)


def test_an_alert_whose_receiver_is_down_arrives_when_it_is_back(stack: Stack, note: Note) -> None:
    name = f"Drill{uuid4().hex[:8]}"
    add = ("amtool", "--alertmanager.url=http://127.0.0.1:9093", "alert", "add", name, "severity=page")
    with without(stack, "courier"):
        stack.inside("alertmanager", *add, "--annotation=summary=a drill")
        wait_until(
            lambda: name in stack.compose("logs", "--no-log-prefix", "alertmanager").stdout,
            "Alertmanager says that it could not deliver it",
            90,
        )
    began, found = time.monotonic(), f"SELECT severity, status FROM alerts WHERE name = '{name}'"
    wait_until(lambda: stack.sql(found) != [], "the alert is in the table alerts", 180)
    note(f"an alert whose receiver was down arrived {time.monotonic() - began:.1f} s after the receiver was back")
    assert stack.sql(found) == [["page", "firing"]]
