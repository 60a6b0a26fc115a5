"""`make up` where images can't be had, and two checkouts on one engine."""

import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.stack.conftest import predict
from tests.stack.platform import ROOT, CommandError, Stack, run
from tests.stack.test_verbs import environment_of

NOWHERE = "localhost:1/nobody/has:this"


@pytest.fixture
def offline(tmp_path: Path, stack: Stack) -> dict[str, str]:
    """The environment of the stack, with a docker that can neither pull nor build, as without a network."""
    real = shutil.which("docker")
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "docker"
    refuse = 'echo "no network" >&2; exit 1'
    program.write_text(f'#!/bin/sh\ncase "$*" in pull*|"buildx bake"*) {refuse} ;; esac\nexec {real} "$@"\n')
    program.chmod(0o755)
    environment = environment_of(stack)
    return {**environment, "PATH": f"{folder}{os.pathsep}{environment['PATH']}"}


def override(stack: Stack, folder: Path, service: str) -> dict[str, str]:
    """The environment of the stack in which the image of `service` can't be had."""
    file = folder / "elsewhere.yml"
    file.write_text(yaml.safe_dump({"services": {service: {"image": NOWHERE}}}))
    environment = environment_of(stack)
    return {**environment, "COMPOSE_FILE": f"{environment['COMPOSE_FILE']}{os.pathsep}{file}"}


def test_a_half_broken_stack_is_repaired_without_a_network(stack: Stack, offline: dict[str, str]) -> None:
    answer = predict(stack)
    run("docker", "rm", "--force", stack.container("courier")["Id"])
    run("docker", "stop", stack.container("prometheus")["Id"])
    printed = run("scripts/run/stack/up.sh", *stack.services, environment=offline).stdout
    assert "NOT BUILT ANEW" in printed.splitlines()[-1]
    for service in stack.running:
        assert stack.container(service)["State"]["Health"]["Status"] == "healthy", service
    landed = f"SELECT count(*) FROM predictions WHERE id = '{answer['prediction_id']}'"
    assert stack.sql(landed) == [["1"]]


def test_an_optional_image_that_can_not_be_had_leaves_that_service_out(stack: Stack, tmp_path: Path) -> None:
    done = run("scripts/run/stack/up.sh", environment=override(stack, tmp_path, "grafana"))
    assert f"the image {NOWHERE} can't be had: starting without grafana" in done.stderr
    predict(stack)


def test_a_needed_image_that_can_not_be_had_ends_it_at_once(stack: Stack, tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(CommandError, match=f"can't be had: {NOWHERE}") as error:
        run("scripts/run/stack/up.sh", *stack.services, environment=override(stack, tmp_path, "postgres"))
    assert "(for postgres)" in str(error.value)
    assert "#1 " not in str(error.value), "nothing was built"
    assert time.monotonic() - began < 60
    predict(stack)


@pytest.fixture
def checkouts(tmp_path: Path, images: frozenset[str]) -> Iterator[list[Path]]:
    """Two copies of this checkout, each with a .env; what they started is gone afterwards."""
    assert "postgres" not in images
    files = run("git", "ls-files", "-z").stdout.split("\0")
    # Names of their own: the engine belongs to everybody on this machine, other runs of this test included.
    mark = secrets.token_hex(3)
    folders = [tmp_path / f"iris-one-{mark}", tmp_path / f"iris-two-{mark}"]
    for folder in folders:
        for name in filter(None, files):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
    (folders[1] / ".env").write_text(f"IMAGE_TAG=mine-{mark}\nREVISION=0123456789\n")
    yield folders
    for folder in folders:
        in_checkout(
            folder, "docker", "compose", "--profile", "*", "down", "--volumes", "--rmi", "local", "--timeout", "5"
        )
    names = [
        f"mlops-iris/{service}:{tag}"
        for service in ("api", "courier", "trainer", "mlflow")
        for tag in (folders[0].name, f"mine-{mark}")
    ]
    run("docker", "image", "rm", "--force", *names, check=False)


def tag_of(checkout: Path) -> str:
    """The IMAGE_TAG of its .env."""
    first = (checkout / ".env").read_text().splitlines()[0]
    return first.removeprefix("IMAGE_TAG=")


def in_checkout(folder: Path, *command: str) -> str:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_HOST") if name in os.environ}
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_two_checkouts_run_side_by_side_and_each_starts_what_its_own_env_names(checkouts: list[Path]) -> None:
    running = []
    for folder in checkouts:
        # The courier needs no port and no model, and two images: its own, and MLflow's for the secrets.
        in_checkout(folder, "scripts/run/stack/up.sh", "courier")
    for folder in checkouts:
        listed = in_checkout(folder, "docker", "compose", "ps", "--format", "json", "courier")
        (container,) = (json.loads(line) for line in listed.splitlines())
        assert (container["State"], container["Health"]) == ("running", "healthy")
        running.append(container["Image"])
    own = tag_of(checkouts[1])
    assert running == [f"mlops-iris/courier:{checkouts[0].name}", f"mlops-iris/courier:{own}"]
    labels = json.loads(run("docker", "image", "inspect", running[1]).stdout)[0]["Config"]["Labels"]
    assert labels["org.opencontainers.image.revision"] == "0123456789"
    assert labels["org.opencontainers.image.version"] == own


def test_a_second_checkout_in_a_folder_of_the_same_name_learns_so(checkouts: list[Path], tmp_path: Path) -> None:
    in_checkout(checkouts[0], "scripts/run/stack/up.sh", "courier")
    same = tmp_path / "elsewhere" / checkouts[0].name
    shutil.copytree(checkouts[0], same)
    with pytest.raises(AssertionError, match=f"the project {same.name} belongs to another checkout"):
        in_checkout(same, "scripts/run/stack/up.sh", "courier")
