"""The scripts behind `make up`, `predict`, `retrain` and `open`, on the running stack."""

import json
import os
import stat
from pathlib import Path

import httpx2
import pytest

from tests.stack.conftest import StackFactory
from tests.stack.platform import ROOT, Stack, run


@pytest.fixture
def environment(stack: Stack) -> dict[str, str]:
    return environment_of(stack)


def environment_of(stack: Stack) -> dict[str, str]:
    """What makes plain `docker compose` mean this stack."""
    files = [ROOT / "docker-compose.yml", *stack.overrides]
    return {**stack.environment, "COMPOSE_PROJECT_NAME": stack.project, "COMPOSE_FILE": ":".join(map(str, files))}


def test_up_says_where_everything_is(stack: Stack, environment: dict[str, str]) -> None:
    printed = run("scripts/run/stack/up.sh", *stack.services, environment=environment, seconds=600).stdout
    addresses = {word for word in printed.split() if word.startswith("http://")}
    expected = {f"{stack.url('api')}/", f"{stack.url('api')}/docs", f"{stack.url('mlflow')}/"}
    expected.add(f"{stack.url('prometheus')}/alerts")
    if "grafana" not in stack.absent:
        expected.add(f"{stack.url('grafana')}/")
        assert "admin / " in printed
    assert addresses == expected
    answers = {one: httpx2.get(one, timeout=10, follow_redirects=True).status_code for one in addresses}
    # Debian's build of Prometheus comes without its pages; that it answers is enough there.
    del answers[f"{stack.url('prometheus')}/alerts"]
    assert set(answers.values()) == {200}, answers


def test_predict_shows_a_command_to_copy_and_its_answer(stack: Stack, environment: dict[str, str]) -> None:
    command, answer = run("scripts/run/stack/predict.sh", environment=environment).stdout.splitlines()
    classes = httpx2.get(f"{stack.url('api')}/model", timeout=10).json()["target"]["classes"]
    assert json.loads(answer)["label_name"] in classes
    copied = run("bash", "-c", command, environment=environment).stdout
    assert json.loads(copied)["probabilities"] == json.loads(answer)["probabilities"]


def test_retrain_changes_nothing_when_nothing_changed(environment: dict[str, str]) -> None:
    assert (
        "nothing to do"
        in run("scripts/run/stack/retrain.sh", "--without-feedback", environment=environment, seconds=600).stdout
    )


def test_open_opens_every_page(stack: Stack, environment: dict[str, str], tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "open"
    browser.write_text(f'#!/bin/sh\necho "$1" >>{opened}\n')
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    path = os.pathsep.join([str(tmp_path), environment["PATH"]])
    run("scripts/run/stack/open.sh", environment={**environment, "PATH": path})
    assert {f"{stack.url('api')}/docs", f"{stack.url('mlflow')}/"} <= set(opened.read_text().split())


def test_every_trainer_verb_can_be_run(stack: Stack) -> None:
    for verb in ("prepare", "train", "bundle", "publish", "repro", "run", "ensure"):
        stack.compose("run", "--rm", "--no-TTY", "trainer", verb)


def test_the_retrainer_starts_under_its_profile_and_is_held_as_tight_as_the_others(stack: Stack) -> None:
    try:
        stack.compose("up", "--wait", "--no-build", "--pull", "never", "--no-deps", "retrainer")
        container = stack.container("retrainer")
        host = container["HostConfig"]
        assert (host["ReadonlyRootfs"], host["CapDrop"], host["Privileged"]) == (True, ["ALL"], False)
        assert container["Config"]["User"] == "10001:10001"
        assert not host["PortBindings"]
        asked = "from urllib.request import urlopen; print(urlopen('http://127.0.0.1:9103/health').read().decode())"
        assert '"ok": true' in stack.inside("retrainer", "python", "-c", asked)
    finally:
        stack.compose("rm", "--stop", "--force", "retrainer")


@pytest.mark.parametrize("verb", ["down", "clean"])
def test_what_a_profile_started_is_stopped_with_the_rest(verb: str, new_stack: StackFactory) -> None:
    stack = new_stack("profile")
    stack.compose("up", "--detach", "--no-build", "--pull", "never", "--no-deps", "prometheus", "retrainer")
    run("make", verb, environment=environment_of(stack))
    ours = ("--quiet", "--filter", f"label=com.docker.compose.project={stack.project}")
    assert run("docker", "ps", "--all", *ours).stdout == ""
    assert (run("docker", "volume", "ls", *ours).stdout == "") == (verb == "clean")


def test_mlflow_has_a_way_to_upgrade_its_tables(stack: Stack) -> None:
    stack.compose("run", "--rm", "--no-TTY", "--no-deps", "mlflow", "db", "upgrade")
