"""Working stand-ins behind the courier's own interfaces, for tests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from courier.errors import BundleRefusedError, RegistryUnavailableError
from courier.following.bundle_rules import MANIFEST, REQUIRED
from courier.following.registry import ModelVersion

SMALL_FILES = {name: f"the content of {name}".encode() for name in REQUIRED}


def make_bundle(files: dict[str, bytes] | None = None, **manifest: object) -> tuple[str, dict[str, bytes]]:
    """A bundle's hash and its files, manifest included; whole for the courier, who opens no model."""
    files = SMALL_FILES if files is None else files
    entries = {name: {"sha256": hashlib.sha256(body).hexdigest(), "size": len(body)} for name, body in files.items()}
    content = orjson.dumps({"format": 1, "files": entries, **manifest})
    return hashlib.sha256(content).hexdigest(), {**files, MANIFEST: content}


@dataclass
class MemoryRegistry:
    """A registry in memory. `down` makes it fall silent; `files` holds what lies in the folder of a run."""

    model: str = "iris_clf"
    exists: bool = True
    down: bool = False
    aliases: dict[str, ModelVersion] = field(default_factory=dict)
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    versions: dict[str, ModelVersion] = field(default_factory=dict)
    downloads: list[str] = field(default_factory=list)

    def publish(self, alias: str, version: str, bundle: tuple[str, dict[str, bytes]], **tags: str) -> None:
        """Point an alias to a version with this bundle."""
        run_id = f"run-{version}"
        self.versions[version] = self.aliases[alias] = ModelVersion(version, run_id, {"bundle": bundle[0], **tags})
        self.files[run_id] = dict(bundle[1])

    def delete(self, version: str) -> None:
        """Delete a version, and with it the aliases that name it, as MLflow does."""
        deleted = self.versions.pop(version)
        self.aliases = {alias: named for alias, named in self.aliases.items() if named != deleted}

    def knows(self, model: str) -> bool:
        self._answer()
        return self.exists and model == self.model

    def resolve(self, model: str, alias: str) -> ModelVersion | None:
        self._answer()
        return self.aliases.get(alias) if self.exists and model == self.model else None

    def version(self, model: str, number: str) -> ModelVersion | None:
        self._answer()
        return self.versions.get(number) if self.exists and model == self.model else None

    def newest(self, model: str, limit: int) -> list[ModelVersion]:
        self._answer()
        known = sorted(self.versions.values(), key=lambda one: int(one.version), reverse=True)
        return known[:limit] if self.exists and model == self.model else []

    def list_files(self, version: ModelVersion) -> dict[str, int | None]:
        self._answer()
        return {name: len(content) for name, content in self.files.get(version.run_id, {}).items()}

    def download(self, version: ModelVersion, name: str, to: Path, *, most: int, seconds: float) -> None:
        self._answer()
        self.downloads.append(name)
        content = self.files[version.run_id][name]
        if len(content) > most or seconds <= 0:
            raise BundleRefusedError("size" if len(content) > most else "deadline", f"{name} is refused")
        to.write_bytes(content)

    def _answer(self) -> None:
        if self.down:
            raise RegistryUnavailableError("the registry of this test is down")
