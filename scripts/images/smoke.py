"""The whole stack, started from finished images with building and pulling disabled, asked one question, and stopped."""

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console

from scripts.images.catalogue import inspected
from scripts.images.errors import ProgramError, SmokeError
from scripts.images.override import override, stack
from scripts.images.programs import ROOT, folder, run, text

PROJECT = "mlops-iris-smoke"
PORTS = ("API_PORT", "MLFLOW_PORT", "PROMETHEUS_PORT", "GRAFANA_PORT")
START_SECONDS = 300
AUDIT_SECONDS = 60
QUESTION = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
ANSWER = "setosa"


@dataclass(frozen=True)
class Stack:
    """A Compose project of its own, on ports of its own, beside all else on this machine."""

    overrides: list[Path]
    environment: Mapping[str, str]

    def run(self, *arguments: str) -> None:
        run(*self._compose(), *arguments, environment=self.environment)

    def text(self, *arguments: str) -> str:
        return text(*self._compose(), *arguments, environment=self.environment)

    def _compose(self) -> list[str]:
        files = [f"--file={file}" for file in (ROOT / "docker-compose.yml", *self.overrides)]
        return ["docker", "compose", f"--project-name={PROJECT}", *files]


def smoke(
    references: Mapping[str, str], console: Console, *, offline: bool, without: list[str], also: list[Path]
) -> None:
    """Start `references` (name in docker-compose.yml: image to start), predict, find the answer in the audit, end all.

    `without` names services whose image can't be had here, `also` more Compose files. Raises SmokeError when the stack
    does not start or does not answer, ImagesError when an image is not in the engine.
    """
    expected = {name: inspected(reference)["Id"] for name, reference in references.items()}
    composed = stack()
    file = folder("smoke") / "compose.yaml"
    file.write_text(override(composed, references, offline=offline), encoding="utf-8")
    ports = {name: str(port) for name, port in zip(PORTS, _free_ports(len(PORTS)), strict=True)}
    started = Stack([file, *also], ports)
    services = [name for name in composed["services"] if name not in without]
    console.print(f"{PROJECT}: {', '.join(services)}{', with no way out' if offline else ''}")
    clock = time.monotonic()
    try:
        waits = ["--wait", "--wait-timeout", str(START_SECONDS)]
        started.run("up", "--detach", "--no-build", "--pull", "never", "--quiet-pull", *waits, *services)
        console.print(f"healthy after {time.monotonic() - clock:.0f} s")
        _check_images(started, composed, expected, without)
        _check_answer(started)
        console.print(f"a prediction was answered and is in the audit ({time.monotonic() - clock:.0f} s)")
    except ProgramError as error:
        started.run("ps", "--all")
        started.run("logs", "--tail", "30")
        raise SmokeError(f"the stack did not start from the images: {error}") from error
    finally:
        started.run("down", "--volumes", "--timeout", "30")


def _check_images(started: Stack, composed: Mapping[str, Any], expected: Mapping[str, str], without: list[str]) -> None:
    """Check that each container runs the named image, and not one of the same name that was there before."""
    for name, service in composed["services"].items():
        if "build" not in service or name in without:
            continue
        container = started.text("ps", "--all", "--quiet", name)
        runs = text("docker", "inspect", "--format={{.Image}}", container)
        if runs != expected[service["image"]]:
            raise SmokeError(f"{name} runs {runs} and not {expected[service['image']]}")


def _check_answer(started: Stack) -> None:
    address = f"http://127.0.0.1:{started.environment['API_PORT']}/predict"
    response = httpx2.post(address, json=QUESTION, timeout=10)
    if response.status_code != HTTPStatus.OK:
        raise SmokeError(f"{QUESTION} was answered {response.status_code}: {response.text}")
    answer = response.json()
    if answer["label_name"] != ANSWER:
        raise SmokeError(f"{QUESTION} was answered with {answer}, not {ANSWER}")
    query = f"SELECT count(*) FROM predictions WHERE id = '{answer['prediction_id']}'"  # noqa: S608 - a UUID of our own api
    end = time.monotonic() + AUDIT_SECONDS
    while time.monotonic() < end:
        if started.text("exec", "-T", "postgres", "psql", "--dbname=audit", "-tA", "--command", query) == "1":
            return
        time.sleep(0.5)
    raise SmokeError(
        f"prediction {answer['prediction_id']} was answered and is not in the audit after {AUDIT_SECONDS} s"
    )


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
