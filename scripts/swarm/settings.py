"""The variables of the stack file: given now, or kept from the last deployment."""

import json
import re
from collections.abc import Mapping

from scripts.swarm.engine import Engine
from scripts.swarm.errors import SwarmError
from scripts.swarm.rendering import FILE, SETTINGS_LABEL, STACK

OWN = ("WITHOUT", "PUBLISH")
PREFIXES = ("REGISTRY", "MIRROR")
"""Stand before an image's name, so they end with a slash."""


def variables() -> list[str]:
    """The names of all settings."""
    return sorted({*re.findall(r"\$\{(\w+):-", FILE.read_text(encoding="utf-8")), *OWN})


def kept(engine: Engine) -> dict[str, str]:
    """The settings of the deployment that runs; empty without one."""
    name = f"{STACK}_api"
    if not any(row["Name"] == name for row in engine.rows("service", "ls", "--filter", f"name={name}")):
        return {}
    labels = engine.inspected("service", name)[0]["Spec"].get("Labels", {})
    found: dict[str, str] = json.loads(labels.get(SETTINGS_LABEL, "{}"))
    return found


def chosen(before: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The settings of this call: a variable that is set counts, also when it is empty; another one is kept."""
    found = {name: environment.get(name, before.get(name, "")) for name in variables()}
    for name in PREFIXES:
        if found[name] and not found[name].endswith("/"):
            found[name] += "/"
    return {name: value for name, value in found.items() if value}


def check(settings: Mapping[str, str], nodes: int) -> None:
    """Raises SwarmError for settings that this swarm cannot fulfil."""
    if nodes > 1 and not settings.get("REGISTRY"):
        raise SwarmError("each node fetches the images, so REGISTRY has to name where `make push` put them")
    apis = settings.get("APIS", "3")
    if not apis.isdecimal() or not 1 <= int(apis) <= 2 * nodes:
        raise SwarmError(f"{apis} apis: {nodes} nodes take 1 to {2 * nodes}, at most two each")
