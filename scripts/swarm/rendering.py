"""deploy/swarm/stack.yml, made ready for `docker stack deploy`."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from scripts.swarm.errors import SwarmError

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "deploy" / "swarm" / "stack.yml"
STACK = "mlops"
HASH_CHARACTERS = 12
PORTS = {"grafana": (3000, 3000), "mlflow": (5000, 5001), "prometheus": (9090, 9090)}
"""Pages for people: the port of the container, and of the node where PUBLISH names the service."""
SETTINGS_LABEL = "mlops-iris.settings"


def render(without: Iterable[str] = (), publish: Iterable[str] = (), labels: dict[str, str] | None = None) -> str:
    """The stack file as YAML, with absolute paths; its variables are left for Docker to fill in.

    Services of `without` are left out, with what only they use. Those of `publish` get a port on the node that they
    run on. `labels` are put on the service api. Raises SwarmError for an unknown name.
    """
    stack: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    services = stack["services"]
    _check("WITHOUT", without, services.keys() - {"api", "edge", "courier"})
    _check("PUBLISH", publish, PORTS.keys() & services.keys())
    for name in without:
        del services[name]
    for name in set(publish) & services.keys():
        inside, outside = PORTS[name]
        services[name]["ports"] = [{"target": inside, "published": outside, "mode": "host"}]
        services[name]["networks"].append("outside")  # a published port needs a network with a way out
    services["api"]["deploy"]["labels"] = dict(labels or {})
    stack["configs"] = {key: _config(key, stack["configs"][key]["file"]) for key in _used(services, "configs")}
    stack["secrets"] = {key: {"external": True, "name": f"{STACK}_{key}"} for key in _used(services, "secrets")}
    rendered: str = yaml.safe_dump({key: stack[key] for key in stack if not key.startswith("x-")}, sort_keys=False)
    return rendered


def _check(variable: str, named: Iterable[str], known: Iterable[str]) -> None:
    if unknown := sorted(set(named) - set(known)):
        raise SwarmError(f"{variable} names {', '.join(unknown)}; it may name {', '.join(sorted(known))}")


def _used(services: dict[str, Any], kind: str) -> list[str]:
    return sorted({one["source"] for service in services.values() for one in service.get(kind, [])})


def _config(key: str, file: str) -> dict[str, str]:
    """A config cannot be changed, so a changed file gets a name of its own and Docker replaces what uses it."""
    path = (FILE.parent / file).resolve()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_CHARACTERS]
    return {"name": f"{STACK}_{key}_{digest}", "file": str(path)}
