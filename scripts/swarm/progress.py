"""Waits for the services of the stack and shows their progress."""

import re
import time
from dataclasses import dataclass
from typing import Any

from scripts.swarm.engine import Engine
from scripts.swarm.errors import SwarmError
from scripts.swarm.rendering import STACK

SECONDS = 900.0
SETTLE_SECONDS = 3.0
"""Docker notes a change of a service a moment after it took it."""
SILENCE_SECONDS = 60.0
"""Managers that are busy, or that choose a leader, refuse a question for some seconds."""
ROLLED_BACK = ("rollback_started", "rollback_paused", "rollback_completed")


@dataclass(frozen=True)
class Service:
    """One service of the stack. `update` is Docker's word for its last update, empty for none; `attempts` is how often
    a job starts again when it failed."""

    name: str
    image: str
    replicas: str
    update: str
    message: str
    attempts: int = 0

    @property
    def done(self) -> bool:
        """Whether as many run as are wanted, and no update is going on. A job is done when it has completed."""
        if job := re.search(r"\((\d+)/(\d+) completed\)", self.replicas):
            return job[1] == job[2]
        run, wanted = re.match(r"(\d+)/(\d+)", self.replicas).groups()  # type: ignore[union-attr] # Docker's own format
        return run == wanted and self.update in ("", "completed", "rollback_completed")


def services(engine: Engine, stack: str = STACK) -> list[Service]:
    """The services of the stack by name; empty when it is not deployed. Raises SwarmError."""
    rows = engine.rows("service", "ls", "--filter", f"label=com.docker.stack.namespace={stack}")
    details = {one["Spec"]["Name"]: one for one in engine.inspected("service", *(row["ID"] for row in rows))}
    return sorted((_service(row, details[row["Name"]]) for row in rows), key=lambda one: one.name)


def _service(row: dict[str, Any], detail: dict[str, Any]) -> Service:
    status = detail.get("UpdateStatus") or {}
    image = row["Image"].partition("@")[0]
    name = row["Name"].removeprefix(f"{STACK}_")
    attempts = detail["Spec"]["TaskTemplate"].get("RestartPolicy", {}).get("MaxAttempts", 0)
    return Service(name, image, row["Replicas"], status.get("State", ""), status.get("Message", ""), attempts)


def wait(engine: Engine, stack: str = STACK) -> list[Service]:
    """Wait until every service of the stack is done, and return them.

    Raises SwarmError when an update was rolled back, a job has failed as often as it may, or it takes too long; the
    message names the services.
    """
    deadline = time.monotonic() + SECONDS
    time.sleep(SETTLE_SECONDS)
    answered = time.monotonic()
    while True:
        try:
            found = services(engine, stack)
        except SwarmError:
            if time.monotonic() - answered > SILENCE_SECONDS:
                raise
            time.sleep(1)
            continue
        answered = time.monotonic()
        waiting = [one for one in found if not one.done]
        if not waiting:
            break
        if ended := [one for one in waiting if _gave_up(engine, one)]:
            logs = [f"  docker service logs {_full(one)}" for one in ended]
            raise SwarmError("\n".join(["failed, and is not started again; it says why:", *logs]))
        if time.monotonic() > deadline:
            lines = [f"not done within {SECONDS:g} s:", *map(describe, waiting), *errors(engine, stack)]
            raise SwarmError("\n".join(lines))
        time.sleep(1)
    if back := [one for one in found if one.update in ROLLED_BACK]:
        names = ", ".join(one.name for one in back)
        reasons = [f"  {one.name}: {one.message}" for one in back]
        lines = [f"rolled back, the version before serves: {names}", *reasons, *errors(engine, stack)]
        raise SwarmError("\n".join(lines))
    return found


def _gave_up(engine: Engine, service: Service) -> bool:
    if "completed" not in service.replicas:
        return False
    states = [task["CurrentState"].split()[0] for task in engine.rows("service", "ps", _full(service))]
    return sum(state in ("Failed", "Rejected") for state in states) > service.attempts


def _full(service: Service) -> str:
    """Its name at Docker; that of a service of the platform itself is shown without the stack."""
    return service.name if "_" in service.name else f"{STACK}_{service.name}"


def errors(engine: Engine, stack: str = STACK) -> list[str]:
    """The last error of each service whose tasks failed, as lines."""
    rows = engine.rows("stack", "ps", "--no-trunc", stack)
    last = {row["Name"].partition(".")[0]: row for row in reversed(rows) if row["Error"]}
    return [
        f"  {name.removeprefix(f'{STACK}_')} on {row['Node']}: {row['Error']}" for name, row in sorted(last.items())
    ]


def describe(service: Service) -> str:
    return f"  {service.name:<13} {service.replicas:<22} {service.update:<19} {service.image}"
