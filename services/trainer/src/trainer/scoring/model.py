"""The version that answers many rows: chosen in the registry, checked, and the columns as it reads them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from trainer.contract.columns import Column, Moment, Number
from trainer.contract.contract import Csv
from trainer.errors import ScoringError
from trainer.gate.champion import Files, of_version
from trainer.gate.contender import Contender, Unjudged
from trainer.registry.control import State


class Registry(Files, Protocol):
    """Where versions are found."""

    def state(self, model: str) -> State: ...


@dataclass(frozen=True)
class Model:
    """A bundle that answers rows."""

    contender: Contender

    @property
    def name(self) -> str:
        """Of the registered model."""
        return str(self.contender.manifest["model"])

    @property
    def version(self) -> str:
        return self.contender.version or ""

    @property
    def bundle(self) -> str:
        return self.contender.hash

    @property
    def classes(self) -> list[str]:
        """In the order of the label's indices; none of a regression."""
        return self.contender.classes

    @cached_property
    def written(self) -> Csv:
        """How the CSV was written that the model was trained on."""
        said = {key: value for key, value in self._csv.items() if key != "formats"}
        return Csv.model_validate(said)

    @cached_property
    def columns(self) -> list[Column]:
        """The features in the model's order, with the formats in which training read them."""
        formats: dict[str, Any] = self._csv.get("formats", {})
        return [_as_read(column, formats.get(column.name)) for column in self.contender.columns]

    @property
    def _csv(self) -> dict[str, Any]:
        return dict(self.contender.manifest.get("csv", {}))


def chosen(registry: Registry, model: str, number: str | None) -> Model:
    """The version of that number, or production.

    Raises UnknownVersionError, NoProductionError, RegistryError, and ScoringError for a version without a sound bundle.
    """
    state = registry.state(model)
    version = state.version(number) if number else state.production
    found = of_version(version, registry)
    if isinstance(found, Unjudged):
        raise ScoringError(f"version {version.number} of {model} can't answer: {found.why}")
    return Model(found)


def _as_read(column: Column, form: str | None) -> Column:
    if isinstance(column, Number):
        # Like the api, scoring answers rows outside the usual range, and refuses infinity.
        return column.model_copy(update={"outside": "warn", "format": form or "plain"})
    if isinstance(column, Moment):
        return column.model_copy(update={"outside": "warn", "format": form})
    return column
