"""The version that answers many rows: chosen in the registry, checked, and the columns as it reads them."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from trainer.contract.columns import Column, Moment, Number
from trainer.contract.csv_format import Csv
from trainer.errors import ScoringError
from trainer.gate.champion import Files, of_version
from trainer.gate.contender import Contender, IncomparableChampion
from trainer.registry.control import State
from trainer.workspace.confined import MIB, ChampionError
from trainer.workspace.files import sha256


class Registry(Files, Protocol):
    """Where versions are found."""

    def state(self, model: str) -> State: ...


REFERENCE = "reference.json"


@dataclass(frozen=True)
class Bins:
    """The bins of a regression's value, which are its labels in the audit."""

    edges: list[float]
    labels: list[str]

    def places(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """The bin of each value; a bin is closed on the right."""
        return np.searchsorted(self.edges, values, side="left").astype(np.int64)


@dataclass(frozen=True)
class Model:
    """A bundle that answers rows."""

    contender: Contender
    bins: Bins = Bins([], [])
    """The bins of a regression whose rows are audited."""

    @property
    def name(self) -> str:
        """The name of the registered model."""
        return str(self.contender.manifest["model"])

    @property
    def version(self) -> str:
        return self.contender.version or ""

    @property
    def bundle(self) -> str:
        return self.contender.hash

    @property
    def classes(self) -> list[str]:
        """The classes in the order of the label's indices; none for a regression."""
        return self.contender.classes

    @cached_property
    def written(self) -> Csv:
        """How the CSV was written that the model was trained on."""
        values = {key: value for key, value in self._csv.items() if key != "formats"}
        return Csv.model_validate(values)

    @cached_property
    def columns(self) -> list[Column]:
        """The features in the model's order, with the formats in which training read them."""
        formats: dict[str, Any] = self._csv.get("formats", {})
        return [_as_read(column, formats.get(column.name)) for column in self.contender.columns]

    @property
    def _csv(self) -> dict[str, Any]:
        return dict(self.contender.manifest.get("csv", {}))


def chosen(registry: Registry, model: str, number: str | None, *, rows: bool = False) -> Model:
    """The version of that number, or production; for an audit of `rows` with the bins of a regression.

    Raises UnknownVersionError, NoProductionError, RegistryError, and ScoringError for a version without a sound bundle.
    """
    state = registry.state(model)
    version = state.version(number) if number else state.production
    found = of_version(version, registry)
    if isinstance(found, IncomparableChampion):
        raise ScoringError(f"version {version.number} of {model} can't answer: {found.why}")
    bins = _bins(registry, version.run_id, found) if rows and not found.classes else Bins([], [])
    return Model(found, bins)


def _bins(registry: Registry, run_id: str, found: Contender) -> Bins:
    with TemporaryDirectory() as folder:
        try:
            registry.download(run_id, {REFERENCE: 4 * MIB}, Path(folder))
        except ChampionError as error:
            raise ScoringError(f"the bins of {found.manifest['model']} can't be read: {error}") from error
        content = (Path(folder) / REFERENCE).read_bytes()
    try:
        if sha256(content) != found.manifest["files"][REFERENCE]["sha256"]:
            raise ScoringError(f"{REFERENCE} is not the one that the manifest names")
        target = json.loads(content)["target"]
        return Bins([float(edge) for edge in target["edges"]], [str(label) for label in target["labels"]])
    except (ValueError, LookupError, TypeError) as error:
        raise ScoringError(f"{REFERENCE} can't be read: {error}") from error


def _as_read(column: Column, form: str | None) -> Column:
    if isinstance(column, Number):
        # Like the api, scoring answers rows outside the usual range, and refuses infinity.
        return column.model_copy(update={"outside": "warn", "format": form or "plain"})
    if isinstance(column, Moment):
        return column.model_copy(update={"outside": "warn", "format": form})
    return column
