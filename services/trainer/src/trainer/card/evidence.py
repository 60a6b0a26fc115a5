"""A version as its card shows it, read from the registry: its bundle, the facts and verdict of its run, its moves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from trainer.bundle.bundle import MANIFEST
from trainer.card.facts import FACTS, FOLDER
from trainer.errors import CardError
from trainer.gate.champion import LARGEST
from trainer.registry.control import State, Version
from trainer.workspace.confined import MIB, ChampionError
from trainer.workspace.files import sha256

REFERENCE, VERDICT = "reference.json", "verdict.json"
MOST_BYTES = 4 * MIB
"""The largest reference.json, facts and verdict."""


class Registry(Protocol):
    """Where versions, their files and their moves are."""

    def state(self, model: str) -> State: ...

    def history(self, model: str) -> list[dict[str, Any]]: ...

    def download(self, run_id: str, largest: Mapping[str, int], into: Path, folder: str = "bundle") -> None: ...


@dataclass(frozen=True)
class Evidence:
    """All that the registry holds about a version, as the card shows it."""

    version: Version
    manifest: dict[str, Any]
    reference: dict[str, Any]
    facts: dict[str, Any] | None
    """None of a version that was published before facts were kept."""
    verdict: dict[str, Any] | None
    moves: list[dict[str, Any]]
    """Those to this version and away from it, oldest first."""


def read_evidence(registry: Registry, model: str, number: str | None) -> Evidence:
    """Read the evidence of the version with that number, or of production.

    Raises UnknownVersionError, NoProductionError, RegistryError, and CardError for a version without a sound bundle.
    """
    state = registry.state(model)
    version = state.version(number) if number else state.production
    try:
        manifest, reference = _bundle(version, registry)
    except ChampionError as error:
        raise CardError(f"version {version.number} of {model} has no card: {error}") from error
    moves = [one for one in registry.history(model) if version.number in (one.get("version"), one.get("previous"))]
    return Evidence(
        version,
        manifest,
        reference,
        _there(version, registry, FOLDER, FACTS),
        _there(version, registry, "gate", VERDICT),
        moves,
    )


def _bundle(version: Version, registry: Registry) -> tuple[dict[str, Any], dict[str, Any]]:
    if not version.bundle:
        raise ChampionError("it has no tag `bundle`, so it is not a model of the trainer")
    with TemporaryDirectory() as folder:
        registry.download(version.run_id, {MANIFEST: LARGEST[MANIFEST], REFERENCE: MOST_BYTES}, Path(folder))
        manifest, reference = ((Path(folder) / name).read_bytes() for name in (MANIFEST, REFERENCE))
    if sha256(manifest) != version.bundle:
        raise ChampionError(f"its {MANIFEST} is not the one that the tag names")
    document = _object(manifest, MANIFEST)
    if sha256(reference) != document.get("files", {}).get(REFERENCE, {}).get("sha256"):
        raise ChampionError(f"its {REFERENCE} is not the one that its manifest names")
    return document, _object(reference, REFERENCE)


def _there(version: Version, registry: Registry, place: str, name: str) -> dict[str, Any] | None:
    """A file of the run; None where it has none that can be read."""
    try:
        with TemporaryDirectory() as folder:
            registry.download(version.run_id, {name: MOST_BYTES}, Path(folder), place)
            return _object((Path(folder) / name).read_bytes(), name)
    except ChampionError:
        return None


def _object(content: bytes, name: str) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ChampionError(f"its {name} can't be read: {error}") from error
    if not isinstance(document, dict):
        raise ChampionError(f"its {name} is not a JSON object")
    return document
