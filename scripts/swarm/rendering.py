"""deploy/swarm/stack.yml, made ready for `docker stack deploy`."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from scripts.swarm import further_models
from scripts.swarm.errors import SwarmError

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "deploy" / "swarm" / "stack.yml"
STACK = "mlops"
HASH_CHARACTERS = 12
PORTS = {"grafana": (3000, 3000), "mlflow": (5000, 5001), "prometheus": (9090, 9090)}
"""Pages for people: the port of the container, and of the node where PUBLISH names the service."""
SETTINGS_LABEL = "mlops-iris.settings"


def render(
    without: Iterable[str] = (),
    publish: Iterable[str] = (),
    labels: dict[str, str] | None = None,
    models: Sequence[str] = (),
    first: str = "",
) -> str:
    """The stack file as YAML, with absolute paths; its variables are left for Docker to fill in.

    Services of `without` are left out, with what only they use. Those of `publish` get a port on the node that they
    run on. `labels` are put on the service api. `models` are the further models beside the `first`: their two configs
    are named after `further.written`, and have to exist. Raises SwarmError for an unknown name.
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
    written = {key: written_config(key, text) for key, text in further_models.written(models, first).items()}
    stack["configs"] = {
        key: written.get(key) or _config(key, stack["configs"][key]["file"]) for key in _used(services, "configs")
    }
    stack["secrets"] = secrets(services)
    rendered: str = yaml.safe_dump({key: stack[key] for key in stack if not key.startswith("x-")}, sort_keys=False)
    return rendered


def secrets(services: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The secrets that these services use, as `scripts.swarm.passwords` names them."""
    return {key: {"external": True, "name": f"{STACK}_{key}"} for key in _used(services, "secrets")}


def written_config(key: str, text: str) -> dict[str, Any]:
    """A config whose content is written here and not read from a file; `docker config create` makes it by this name."""
    return {"external": True, "name": f"{STACK}_{key}_{digest(text.encode())}"}


def digest(content: bytes) -> str:
    """The end of a config's name. A config cannot be changed, so changed content gets a name of its own, and Docker
    replaces what uses it."""
    return hashlib.sha256(content).hexdigest()[:HASH_CHARACTERS]


def _check(variable: str, named: Iterable[str], known: Iterable[str]) -> None:
    if unknown := sorted(set(named) - set(known)):
        raise SwarmError(f"{variable} names {', '.join(unknown)}; it may name {', '.join(sorted(known))}")


def _used(services: dict[str, Any], kind: str) -> list[str]:
    return sorted({one["source"] for service in services.values() for one in service.get(kind, [])})


def _config(key: str, file: str) -> dict[str, str]:
    path = (FILE.parent / file).resolve()
    return {"name": f"{STACK}_{key}_{digest(path.read_bytes())}", "file": str(path)}
