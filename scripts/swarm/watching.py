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
ROLLED_BACK = ("rollback_started", "rollback_paused", "rollback_completed")


@dataclass(frozen=True)
class Service:
    """One service of the stack. `update` is Docker's word for its last update, empty for none."""

    name: str
    image: str
    replicas: str
    update: str
    message: str

    @property
    def done(self) -> bool:
        """Whether as many run as are wanted, and no update is going on. A job is done when it has completed."""
        if job := re.search(r"\((\d+)/(\d+) completed\)", self.replicas):
            return job[1] == job[2]
        run, wanted = re.match(r"(\d+)/(\d+)", self.replicas).groups()  # type: ignore[union-attr] # Docker's own format
        return run == wanted and self.update in ("", "completed", "rollback_completed")


def services(engine: Engine) -> list[Service]:
    """The services of the stack by name; empty when it is not deployed. Raises SwarmError."""
    rows = engine.rows("service", "ls", "--filter", f"label=com.docker.stack.namespace={STACK}")
    details = {one["Spec"]["Name"]: one for one in engine.inspected("service", *(row["ID"] for row in rows))}
    return sorted((_service(row, details[row["Name"]]) for row in rows), key=lambda one: one.name)


def _service(row: dict[str, Any], detail: dict[str, Any]) -> Service:
    status = detail.get("UpdateStatus") or {}
    image = row["Image"].partition("@")[0]
    name = row["Name"].removeprefix(f"{STACK}_")
    return Service(name, image, row["Replicas"], status.get("State", ""), status.get("Message", ""))


def wait(engine: Engine) -> list[Service]:
    """Wait until every service is done, and return them.

    Raises SwarmError when an update was rolled back, or when it takes too long; the message names the services.
    """
    deadline = time.monotonic() + SECONDS
    time.sleep(SETTLE_SECONDS)
    while True:
        found = services(engine)
        waiting = [one for one in found if not one.done]
        if not waiting:
            break
        if time.monotonic() > deadline:
            raise SwarmError("\n".join([f"not done within {SECONDS:g} s:", *map(describe, waiting), *errors(engine)]))
        time.sleep(1)
    if back := [one for one in found if one.update in ROLLED_BACK]:
        names = ", ".join(one.name for one in back)
        reasons = [f"  {one.name}: {one.message}" for one in back]
        raise SwarmError("\n".join([f"rolled back, the version before serves: {names}", *reasons, *errors(engine)]))
    return found


def errors(engine: Engine) -> list[str]:
    """The last error of each service whose tasks failed, as lines."""
    rows = engine.rows("stack", "ps", "--no-trunc", STACK)
    last = {row["Name"].partition(".")[0]: row for row in reversed(rows) if row["Error"]}
    return [
        f"  {name.removeprefix(f'{STACK}_')} on {row['Node']}: {row['Error']}" for name, row in sorted(last.items())
    ]


def describe(service: Service) -> str:
    return f"  {service.name:<13} {service.replicas:<22} {service.update:<19} {service.image}"
