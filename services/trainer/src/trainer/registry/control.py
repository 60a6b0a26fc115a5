"""The registry as the control plane: versions, the aliases on them, and the interface through which both are moved."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from trainer.errors import NoProductionError, UnknownVersionError
from trainer.registry.tags import read_bundle, read_move, read_percent, read_verdict

PRODUCTION, CANARY, SHADOW, CHALLENGER = "production", "canary", "shadow", "challenger"


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
        """The bundle's hash; empty for a version that the trainer did not make."""
        return read_bundle(self.tags)

    @property
    def percent(self) -> float | None:
        """Share of the traffic while it is the canary, 0 to 100; None when its tag can't be read."""
        return read_percent(self.tags)

    @property
    def verdict(self) -> str | None:
        """The gate's verdict: passed, failed, or None."""
        return read_verdict(self.tags)

    def last_move(self, alias: str) -> dict[str, Any]:
        """The content of the tag `move.<alias>`; empty without one."""
        return read_move(alias, self.tags)


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
                f"no version of {self.model} is production yet; `make train` makes and publishes one, "
                "`make promote VERSION=4` puts a version there by hand"
            )
        return found


class ControlPlane(Protocol):
    """The calls to a registry that move an alias. Each call is whole when it returns, and raises RegistryError."""

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
