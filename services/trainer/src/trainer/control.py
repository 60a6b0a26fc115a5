"""The registry as the control plane: versions, the aliases on them, and the interface through which both are moved."""

import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from trainer.errors import NoProductionError, UnknownVersionError

PRODUCTION, CANARY, SHADOW, CHALLENGER = "production", "canary", "shadow", "challenger"

BUNDLE_TAG = "bundle"
PERCENT_TAG = "percent"
VERDICT_TAG, REASONS_TAG = "gate.verdict", "gate.reasons"


def move_tag(alias: str) -> str:
    """The tag of a version that says when and why `alias` last came to it."""
    return f"move.{alias}"


def had_tag(alias: str) -> str:
    """The tag of a version that says it has carried `alias` at some time."""
    return f"had_alias.{alias}"


@dataclass(frozen=True)
class Version:
    """A version of the registered model; `number` counts from "1", `run_id` names the run that holds its bundle."""

    number: str
    run_id: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    created: float = 0.0
    """Seconds since 1970."""

    @property
    def bundle(self) -> str:
        return self.tags.get(BUNDLE_TAG, "")

    @property
    def percent(self) -> float:
        """Share of the traffic while it is the canary."""
        return float(self.tags.get(PERCENT_TAG, "0"))

    def last_move(self, alias: str) -> dict[str, Any]:
        """What the tag `move.<alias>` says; empty without one."""
        try:
            told = json.loads(self.tags[move_tag(alias)])
        except (KeyError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}


@dataclass(frozen=True)
class State:
    """All versions by number and all aliases, as they were at one moment."""

    model: str
    versions: dict[str, Version]
    aliases: dict[str, str]

    def version(self, number: str) -> Version:
        """Raises UnknownVersionError."""
        if number not in self.versions:
            known = ", ".join(sorted(self.versions, key=int)) or "none yet"
            raise UnknownVersionError(f"{self.model} has no version {number}; it has {known}")
        return self.versions[number]

    def aliased(self, alias: str) -> Version | None:
        number = self.aliases.get(alias)
        return None if number is None else self.versions.get(number)

    @property
    def production(self) -> Version:
        """Raises NoProductionError when nothing serves."""
        found = self.aliased(PRODUCTION)
        if found is None:
            raise NoProductionError(
                f"no version of {self.model} is production yet; `python -m trainer run` makes and publishes one, "
                "`promote --version N` puts a version there by hand"
            )
        return found


class ControlPlane(Protocol):
    """What moving an alias asks of a registry. Each call is whole when it returns, and raises RegistryError."""

    def state(self, model: str) -> State:
        """Empty for a model that is not registered."""

    def tag(self, model: str, version: str, tags: dict[str, str]) -> None: ...

    def point(self, model: str, alias: str, to: str) -> None: ...

    def release(self, model: str, alias: str) -> None:
        """Take the alias away; nothing happens where there is none."""

    def note(self, model: str, at: str, entry: dict[str, Any]) -> None:
        """Add a move to the model's history."""

    def history(self, model: str) -> list[dict[str, Any]]:
        """Every noted move, oldest first."""
