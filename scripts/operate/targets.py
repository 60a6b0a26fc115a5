"""Finds the platform that a verb acts on: this checkout's own, or the one the user named, and no other."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from scripts.operate.containers import Containers, ForeignContainersError
from scripts.run import record
from scripts.run.record import Part
from trainer.loop.courier_check import same_server, shown

NOTHING = (
    "Nothing of this checkout is running.\n"
    "  Start it with `make local` on this machine, or with `make up` in containers\n"
    "  (STACK=1 means the containers where both run)."
)
NO_CONTAINERS = "No containers of this checkout run. Start them with `make up`."
COURIER_VERBS = ("quality", "feedback", "score", "replay")
SECONDS = 5.0


class NoTargetError(Exception):
    """There is no platform to act on, or its parts do not belong together; the message says what to do."""


@dataclass(frozen=True)
class LocalTarget:
    """A registry reached from this machine, and the courier that follows it where one is known."""

    registry: str
    courier: str | None
    own: bool
    """Whether this checkout started it."""

    @property
    def settings(self) -> dict[str, str]:
        """The environment for the trainer."""
        return {"MLFLOW_TRACKING_URI": self.registry} | ({"COURIER_URL": self.courier} if self.courier else {})

    def __str__(self) -> str:
        return f"{'this checkout at' if self.own else 'the registry'} {shown(self.registry)}"


@dataclass(frozen=True)
class ContainerTarget:
    """This checkout's containers."""

    def __str__(self) -> str:
        return "this checkout's containers"


def registry_target(verb: str, environment: Mapping[str, str], root: Path) -> LocalTarget | ContainerTarget:
    """In this order: STACK=1, MLFLOW_TRACKING_URI, what this checkout started, its containers. Raises NoTargetError."""
    if environment.get("STACK") == "1":
        return _containers(environment, root)
    parts = record.read(root)
    if uri := environment.get("MLFLOW_TRACKING_URI"):
        return LocalTarget(uri, environment.get("COURIER_URL") or _courier_of(uri, parts), own=False)
    if parts:
        return _own(verb, environment, parts, root)
    if _run(Containers(root, environment), "mlflow"):
        return ContainerTarget()
    raise NoTargetError("\n".join([NOTHING, *_stranger(environment)]))


def api_target(environment: Mapping[str, str], root: Path) -> str:
    """The api's address: API_PORT, STACK=1, what this checkout started, its containers. Raises NoTargetError."""
    if port := environment.get("API_PORT"):
        return f"http://127.0.0.1:{port}"
    containers, parts = Containers(root, environment), record.read(root)
    if "api" in parts and environment.get("STACK") != "1":
        return parts["api"].address
    if address := _address(containers, "api", 8000):
        return address
    raise NoTargetError(NOTHING if environment.get("STACK") != "1" else NO_CONTAINERS)


def _containers(environment: Mapping[str, str], root: Path) -> ContainerTarget:
    if not _run(Containers(root, environment), "mlflow"):
        raise NoTargetError(NO_CONTAINERS)
    return ContainerTarget()


def _run(containers: Containers, service: str) -> bool:
    try:
        return containers.run(service)
    except ForeignContainersError as error:
        raise NoTargetError(str(error)) from None


def _address(containers: Containers, service: str, port: int) -> str | None:
    try:
        return containers.address(service, port)
    except ForeignContainersError as error:
        raise NoTargetError(str(error)) from None


def _own(verb: str, environment: Mapping[str, str], parts: Mapping[str, Part], root: Path) -> LocalTarget:
    """The platform of the record, once the courier that answers has confirmed it."""
    registry = parts["mlflow"].registry if "mlflow" in parts else next(iter(parts.values())).registry
    if named := environment.get("COURIER_URL"):
        return LocalTarget(registry, named, own=True)
    if "courier" not in parts:
        if verb in COURIER_VERBS:
            raise NoTargetError(
                f"`make {verb}` asks the courier, and this checkout runs none. Start it with `make api`."
            )
        return LocalTarget(registry, None, own=True)
    courier = parts["courier"].address
    follows = _follows(courier)
    if follows is not None:
        _check(courier, follows, registry, root / "var" / "serving")
    return LocalTarget(registry, courier, own=True)


def _courier_of(uri: str, parts: Mapping[str, Part]) -> str | None:
    """This checkout's courier, where it follows that registry."""
    courier = parts.get("courier")
    return courier.address if courier is not None and same_server(courier.registry, uri) else None


def _check(courier: str, follows: Mapping[str, Any], registry: str, serving: Path) -> None:
    folder = Path(str(follows.get("serving_dir")))
    if same_server(str(follows.get("registry")), registry) and folder.resolve() == serving.resolve():
        return
    raise NoTargetError(
        f"The courier at {courier} does not belong to this checkout's registry: it follows {follows.get('registry')} "
        f"and serves from {folder}; the registry is {shown(registry)} and the folder {serving}. "
        "`make stop`, then `make local` starts both together."
    )


def _follows(courier: str) -> dict[str, Any] | None:
    """The registry and folder that the courier follows; None when it does not answer, which the verb reports."""
    try:
        page = httpx2.get(f"{courier}/health", timeout=SECONDS).json()
    except (httpx2.HTTPError, ValueError):
        return None
    found = page.get("follows") if isinstance(page, dict) else None
    return found if isinstance(found, dict) else {}


def _stranger(environment: Mapping[str, str]) -> list[str]:
    """A line about the MLflow that a person may have meant, where one answers at the usual place."""
    uri = f"http://127.0.0.1:{environment.get('MLFLOW_PORT') or 5000}"
    try:
        httpx2.get(f"{uri}/version", timeout=SECONDS).raise_for_status()
    except httpx2.HTTPError:
        return []
    return [f"The MLflow at {uri} was not started from here; MLFLOW_TRACKING_URI={uri} uses it all the same."]
