"""Reads a bundle by the four rules of docs/formats. A bundle that breaks one is refused before it can serve."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from api.bundle.encoding import Encoder
from api.bundle.features import LearnedCategory, Levels
from api.bundle.golden import Golden, check_golden
from api.bundle.manifest import FileEntry, Manifest, table_width
from api.bundle.memory_limit import at_most
from api.bundle.predictor import Predictor, ValuePredictor, load_runtime, refusal
from api.bundle.reasons import Explainer
from api.bundle.reference import Reference, check_reference
from api.errors import BundleRefusedError

# docs/formats/limits.json
LARGEST_MANIFEST = 1024 * 1024
LARGEST_JSON = 4 * 1024 * 1024
LARGEST_BUNDLE = 512 * 1024 * 1024
_USED = frozenset({"model.onnx", "reference.json", "golden.json", "levels.json", "reasons.npz"})

MEMORY = 256 * 1024 * 1024

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model that passed every check: ``hash`` is its identity."""

    hash: str
    manifest: Manifest
    reference: Reference
    golden: Golden
    predictor: Predictor
    encoder: Encoder | None
    """None where the values go into the model as they came: numbers that are always there."""
    explainer: Explainer | None = None
    """None where the model has no exact reasons; the manifest says why."""

    @property
    def labels(self) -> list[str]:
        """The labels that answers are counted under: its class, or the bin of a regression's value."""
        return self.manifest.target.classes if self.reference.target is None else self.reference.target.labels


def read_bundle(bundles: Path, name: str) -> Bundle:
    """Read ``bundles/<name>`` and warm the model up on its golden rows.

    Nothing limits what the model takes here: a bundle from elsewhere is tried by :func:`prove_bundle` first, in a
    process of its own.

    Raises:
        BundleRefusedError: with the rule it broke.
    """
    if len(name) != 64 or not set(name) <= set("0123456789abcdef"):
        raise BundleRefusedError("name", "a bundle is named by 64 hex digits")
    try:
        return _read_bundle(bundles / name, name)
    except MemoryError as error:
        raise refusal("memory", f"bundle {name}", error) from None


def prove_bundle(bundles: Path, name: str, *, memory: int = MEMORY) -> Bundle:
    """Like :func:`read_bundle`, while this process can take at most ``memory`` bytes more than it has."""
    load_runtime()
    with at_most(memory):
        return read_bundle(bundles, name)


def _read_bundle(folder: Path, name: str) -> Bundle:
    try:
        manifest = _read_manifest(folder, name)
        _check_listing(folder, manifest)
        contents = {file: _read_checked(folder / file, entry) for file, entry in sorted(manifest.files.items())}
    except OSError as error:
        raise BundleRefusedError("missing", f"bundle {name}: {error.strerror or error}") from error
    reference = _parse(Reference, contents["reference.json"], "reference.json")
    golden = _parse(Golden, contents["golden.json"], "golden.json")
    _learn_levels(manifest, contents.get("levels.json"))
    check_reference(manifest, reference)
    encoder = None if manifest.plain else Encoder(manifest.features)
    predictor = _predictor(contents["model.onnx"], manifest, reference)
    reasons = contents.get("reasons.npz")
    explainer = None if reasons is None else Explainer(reasons, manifest)
    check_golden(manifest, golden, predictor, encoder, explainer)
    return Bundle(name, manifest, reference, golden, predictor, encoder, explainer)


def _read_manifest(folder: Path, name: str) -> Manifest:
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise BundleRefusedError("files", f"bundle {name} is not a folder")
    path = folder / "manifest.json"
    size = path.lstat().st_size
    if size > LARGEST_MANIFEST:
        raise BundleRefusedError("oversize", f"manifest.json has {size} bytes, at most {LARGEST_MANIFEST} are read")
    content = _read(path, size, keep=True)[0]
    if hashlib.sha256(content).hexdigest() != name:
        raise BundleRefusedError("checksum", f"bundle {name}: the name is not the sha256 of manifest.json")
    return _parse(Manifest, content, "manifest.json")


def _check_listing(folder: Path, manifest: Manifest) -> None:
    found = {entry.name for entry in os.scandir(folder)}
    expected = {*manifest.files, "manifest.json"}
    if found != expected:
        raise BundleRefusedError(
            "files", f"missing {sorted(expected - found)}, unexpected {len(found - expected)} files"
        )
    for file, entry in manifest.files.items():
        # JSON can take much more memory than its size, and the library that parses it ends the process without it
        if file.endswith(".json") and entry.size > LARGEST_JSON:
            raise BundleRefusedError("oversize", f"{file} has {entry.size} bytes, at most {LARGEST_JSON} are read")
    total = sum(entry.size for entry in manifest.files.values())
    if total > LARGEST_BUNDLE:
        raise BundleRefusedError("oversize", f"the files have {total} bytes, a bundle at most {LARGEST_BUNDLE}")


def _read_checked(path: Path, entry: FileEntry) -> bytes:
    # All are hashed, so that a bundle is whole or refused; what serving has no use for is dropped unread.
    content, digest = _read(path, entry.size, keep=path.name in _USED)
    if digest != entry.sha256:
        raise BundleRefusedError("checksum", f"{path.name} does not have the sha256 of the manifest")
    return content


def _read(path: Path, size: int, *, keep: bool) -> tuple[bytes, str]:
    """Content (empty unless ``keep``) and sha256 of a regular file of exactly ``size`` bytes; never reads further."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size != size:
            raise BundleRefusedError("files", f"{path.name} is not a regular file of {size} bytes")
        digest = hashlib.sha256()
        content = bytearray()
        remaining = size
        while remaining and (chunk := file.read(min(remaining, 1024 * 1024))):
            digest.update(chunk)
            remaining -= len(chunk)
            if keep:
                content += chunk
    return bytes(content), digest.hexdigest()


def _parse(model: type[Model], content: bytes, name: str) -> Model:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise BundleRefusedError("schema", f"{name}: {error}") from error


def _predictor(onnx: bytes, manifest: Manifest, reference: Reference) -> Predictor:
    if reference.target is None:
        return Predictor(onnx, features=table_width(manifest), classes=len(manifest.target.classes))
    return ValuePredictor(onnx, features=table_width(manifest), edges=reference.target.edges)


def _learn_levels(manifest: Manifest, content: bytes | None) -> None:
    learned = {feature.name: feature for feature in manifest.features if isinstance(feature, LearnedCategory)}
    levels = {} if content is None else _parse(Levels, content, "levels.json").features
    if set(levels) != set(learned) or any(len(set(names)) < len(names) for names in levels.values()):
        raise BundleRefusedError("schema", "levels.json does not have the learned categories of the manifest")
    for name, feature in learned.items():
        feature.learn(levels[name])
