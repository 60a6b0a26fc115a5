"""A registry in memory behind the trainer's own interfaces, for tests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from trainer.errors import RegistryError
from trainer.registry.control import State, Version
from trainer.registry.publication import Publication
from trainer.registry.verdict import Verdict
from trainer.workspace.confined import ChampionError


@dataclass
class MemoryRegistry:
    """Versions, runs, aliases and history as MLflow keeps them; `fails_at` names the call at which it dies."""

    versions: dict[str, Version] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    runs: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Files of each run by path."""
    params: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    descriptions: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    fails_at: str | None = None
    meanwhile: Callable[[], object] = lambda: None
    """A foreign change while an experiment is recorded."""

    def add(self, **tags: str) -> str:
        """A foreign version, with a bundle's name and no bundle."""
        number = str(len(self.versions) + 1)
        self.versions[number] = Version(number, f"run-of-{number}", {"bundle": number.zfill(64), **tags})
        return number

    def state(self, model: str) -> State:
        self._called("state")
        return State(model, dict(self.versions), dict(self.aliases))

    def tag(self, model: str, version: str, tags: dict[str, str]) -> None:
        self._called("tag")
        found = self.versions[version]
        self.versions[version] = replace(found, tags=found.tags | tags)

    def point(self, model: str, alias: str, to: str) -> None:
        self._called("point")
        self.aliases[alias] = to

    def release(self, model: str, alias: str) -> None:
        self._called("release")
        self.aliases.pop(alias, None)

    def note(self, model: str, at: str, entry: dict[str, Any]) -> None:
        self._called("note")
        self.notes.append({"at": at, **entry})

    def history(self, model: str) -> list[dict[str, Any]]:
        return list(self.notes)

    def record(self, publication: Publication, verdict: Verdict) -> str:
        self._called("record")
        run_id = f"run-{len(self.runs) + 1}"
        bundle = {f"bundle/{file.name}": file.read_bytes() for file in publication.bundle.path.iterdir()}
        self.runs[run_id] = bundle | {"gate/verdict.json": verdict.json().encode()}
        self.params[run_id] = publication.params
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return run_id

    def register(self, model: str, run_id: str, tags: dict[str, str]) -> str:
        self._called("register")
        number = str(len(self.versions) + 1)
        self.versions[number] = Version(number, run_id, dict(tags))
        return number

    def attach(self, run_id: str, path: str, text: str) -> None:
        self._called("attach")
        self.runs[run_id][path] = text.encode()

    def describe(self, model: str, version: str, run_id: str, path: str, words: str) -> None:
        self._called("describe")
        self.descriptions.setdefault(version, f"{words}: {run_id}/{path}")

    def download(self, run_id: str, largest: Mapping[str, int], into: Path, folder: str = "bundle") -> None:
        self._called("download")
        for name, most in largest.items():
            content = self.runs.get(run_id, {}).get(f"{folder}/{name}")
            if content is None or len(content) > most:
                raise ChampionError(f"its run has no file {folder}/{name} of at most {most} bytes")
            (into / name).write_bytes(content)

    def param(self, run_id: str, name: str) -> str | None:
        found = self.params.get(run_id, {}).get(name)
        return None if found is None else str(found)

    def _called(self, name: str) -> None:
        if self.fails_at == name:
            raise RegistryError(f"died at {name}")
        self.calls.append(name)
