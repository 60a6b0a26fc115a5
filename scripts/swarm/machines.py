"""The nodes of the swarm: what each has to offer before the platform starts on it."""

import time

from scripts.swarm.engine import Engine
from scripts.swarm.errors import SwarmError
from scripts.swarm.rendering import STACK

CHECK = f"{STACK}-check"
CHECK_SECONDS = 300.0
"""The time in which every node must fetch the image and run one command."""
ENDED = ("complete", "failed", "rejected", "shutdown", "orphaned")


def ready(engine: Engine) -> list[str]:
    """The names of the nodes that may run something.

    Raises SwarmError: no swarm, not its manager, or not exactly one node for the data.
    """
    info = engine.rows("info")[0]["Swarm"]
    if not info.get("ControlAvailable"):
        raise SwarmError(
            "Docker here does not manage a swarm. Start one with `docker swarm init`, or point DOCKER_HOST or "
            "`docker context use` to a manager."
        )
    rows = engine.rows("node", "ls")
    nodes = [row["Hostname"] for row in rows if (row["Status"], row["Availability"]) == ("Ready", "Active")]
    labelled = [
        node["Description"]["Hostname"]
        for node in engine.inspected("node", *(row["ID"] for row in rows))
        if node["Spec"].get("Labels", {}).get("data") == "true"
    ]
    if len(labelled) == 1 and labelled[0] not in nodes:
        raise SwarmError(f"the node {labelled[0]} has the data and is not ready: docker node ls")
    if len(labelled) != 1:
        raise SwarmError(
            f"{len(labelled)} nodes have the label data=true, and PostgreSQL's volume is on one. Choose the node: "
            f"docker node update --label-add data=true {nodes[0]}"
        )
    return nodes


def addresses(engine: Engine) -> list[str]:
    """The addresses of the nodes that are ready. A manager may note 0.0.0.0 for itself as a node."""
    rows = [row["ID"] for row in engine.rows("node", "ls") if row["Status"] == "Ready"]
    found = set()
    for node in engine.inspected("node", *rows):
        manager = node.get("ManagerStatus", {}).get("Addr", "").rpartition(":")[0]
        found.add(manager or node["Status"]["Addr"])
    return sorted(found)


def check_privileges(engine: Engine, image: str) -> None:
    """Run one command in `image` on each node, which also fetches it.

    Raises SwarmError for a node whose containers may gain privileges, or that cannot run the image.
    """
    _remove(engine)
    engine.text(
        *("service", "create", "--quiet", "--detach", "--with-registry-auth", "--mode", "global-job"),
        *("--restart-condition", "none", "--cap-drop", "ALL", "--name", CHECK),
        *(image, "grep", "-q", "^NoNewPrivs:[[:space:]]*1", "/proc/self/status"),
    )
    try:
        deadline = time.monotonic() + CHECK_SECONDS
        while True:
            tasks = engine.rows("service", "ps", "--no-trunc", CHECK)
            states = [task["CurrentState"].split()[0].lower() for task in tasks]
            if tasks and all(state in ENDED for state in states):
                break
            if time.monotonic() > deadline:
                waiting = [task["Node"] for task, state in zip(tasks, states, strict=True) if state not in ENDED]
                raise SwarmError(f"the check of {', '.join(waiting)} did not end within {CHECK_SECONDS:g} s")
            time.sleep(1)
    finally:
        _remove(engine)
    failed = [(task["Node"], task["Error"]) for task, state in zip(tasks, states, strict=True) if state != "complete"]
    if any("non-zero exit (1)" in error for _, error in failed):
        raise SwarmError(
            f"containers on {', '.join(node for node, _ in failed)} may gain privileges, for a stack cannot set "
            'no-new-privileges. Write {"no-new-privileges": true} into /etc/docker/daemon.json and restart Docker.'
        )
    if failed:
        raise SwarmError("; ".join(f"{node} cannot run {image}: {error}" for node, error in failed))


def _remove(engine: Engine) -> None:
    if any(row["Name"] == CHECK for row in engine.rows("service", "ls", "--filter", f"name={CHECK}")):
        engine.text("service", "rm", CHECK)
