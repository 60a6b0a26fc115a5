"""The version that serves, as the gate compares with it. Everything of it came from the registry and is checked."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from trainer.bundle.bundle import LEVELS, MANIFEST
from trainer.gate.contender import MODEL, Champion, Contender, IncomparableChampion, Split
from trainer.registry.control import Version
from trainer.workspace.confined import MIB, ChampionError
from trainer.workspace.files import sha256

LARGEST: Mapping[str, int] = {MANIFEST: MIB, MODEL: 512 * MIB}
"""Bytes of each file, as docs/formats has it."""
SEEDS = 2**32


class Files(Protocol):
    """Where a version's bundle comes from."""

    def download(self, run_id: str, largest: Mapping[str, int], into: Path) -> None:
        """Fetch these files of a bundle, each with at most the given number of bytes.

        Raises ChampionError when one is missing, larger or takes too long, RegistryError when there is no answer.
        """

    def param(self, run_id: str, name: str) -> str | None: ...


def of_version(version: Version, files: Files) -> Champion:
    """A registered version, or why it can't be judged. Raises RegistryError when the registry does not answer."""
    try:
        return _read(version, files)
    except ChampionError as error:
        return IncomparableChampion(version.bundle, version.number, str(error))


def check_split(champion: Contender, challenger: Contender) -> Champion:
    """The run's parameters can't contradict the manifest, whose hash covers the parameters it was made with.

    A seed that is not the right one decides only which of the challenger's hold-out rows count: rows that the champion
    has trained on make the champion look better, and never the challenger.
    """
    same = _params_of(champion) == _params_of(challenger)
    if same and champion.split != challenger.split:
        return IncomparableChampion(
            champion.hash,
            champion.version or "",
            f"its run says seed {champion.split.seed} and holdout_share {champion.split.share:g}, "
            f"its bundle was made with {challenger.split.seed} and {challenger.split.share:g}",
        )
    return champion


def _read(version: Version, files: Files) -> Contender:
    if not version.bundle:
        raise ChampionError("it has no tag `bundle`, so it is not a model of the trainer")
    with TemporaryDirectory() as folder:
        files.download(version.run_id, LARGEST, Path(folder))
        manifest, model = ((Path(folder) / name).read_bytes() for name in (MANIFEST, MODEL))
        levels = None
        if sha256(manifest) == version.bundle and f'"{LEVELS}"'.encode() in manifest:
            files.download(version.run_id, {LEVELS: 4 * MIB}, Path(folder))
            levels = (Path(folder) / LEVELS).read_bytes()
    if sha256(manifest) != version.bundle:
        raise ChampionError(f"its {MANIFEST} is not the one that the tag names")
    try:
        described = json.loads(manifest)
        expected = {name: described["files"][name]["sha256"] for name in (MODEL, *([LEVELS] if levels else []))}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ChampionError(f"its {MANIFEST} can't be read: {error}") from error
    for name, content in ((MODEL, model), (LEVELS, levels)):
        if content is not None and sha256(content) != expected[name]:
            raise ChampionError(f"its {name} is not the one that its manifest names")
    found = Contender(version.bundle, described, model, _split(version, files), levels, version.number, confined=True)
    try:
        _ = found.schema, found.decision
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ChampionError(f"its {MANIFEST} does not describe a model: {str(error).partition(chr(10))[0]}") from error
    return found


def _split(version: Version, files: Files) -> Split:
    """Two parameters of the run, which anybody can write: checked like those of params.yaml."""
    seed, share = files.param(version.run_id, "seed"), files.param(version.run_id, "holdout_share")
    if seed is None or share is None:
        raise ChampionError("its run has no parameters seed and holdout_share, so nobody knows what it trained on")
    if not (seed.isascii() and seed.isdecimal() and len(seed) <= len(str(SEEDS)) and int(seed) < SEEDS):
        raise ChampionError(f"the parameter seed of its run is not a whole number below {SEEDS}: {seed[:40]!r}")
    try:
        value = float(share)
    except ValueError:
        value = math.nan
    if not 0 < value < 1:
        raise ChampionError(f"the parameter holdout_share of its run is not a share between 0 and 1: {share[:40]!r}")
    return Split(int(seed), value, _after(files.param(version.run_id, "split_after")))


def _after(recorded: str | None) -> float | None:
    """The time that a model's training ended at; a wrong one lets the champion look better, never the challenger."""
    if recorded is None:
        return None
    try:
        value = float(recorded)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise ChampionError(f"the parameter split_after of its run is not a time: {recorded[:40]!r}")
    return value


def _params_of(contender: Contender) -> Any:
    provenance = contender.manifest.get("provenance")
    return provenance.get("params_sha256") if isinstance(provenance, dict) else None
