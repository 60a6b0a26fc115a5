"""The segments of a bundle: the values, at most 20 a column, whose answers are judged one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from courier.following.bundle_rules import HASH, MANIFEST, MAX_MANIFEST_BYTES

MISSING, OTHER = "missing", "other"
MOST_COLUMNS, MOST_VALUES = 20, 20
Segments = Mapping[str, Sequence[str]]
"""The names of the values by column, as the bundle's reference.json has them."""


def read_manifest(bundles: Path, bundle: str) -> dict[str, Any] | None:
    """The manifest of a bundle on this disk; None where it is gone or is no JSON object."""
    if not HASH.fullmatch(bundle):
        return None
    try:
        with (bundles / bundle / MANIFEST).open("rb") as file:
            manifest = orjson.loads(file.read(MAX_MANIFEST_BYTES))
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) else None


def segments_in(manifest: Mapping[str, Any]) -> Segments:
    """The columns that the manifest's `segments` name; one without listed values is left out."""
    try:
        marked = set(manifest.get("segments", []))
        features = [one for one in manifest.get("features", []) if one["name"] in marked]
        found = {one["name"]: _names(one) for one in features[:MOST_COLUMNS]}
    except (KeyError, TypeError, AttributeError):
        return {}
    return {name: values for name, values in found.items() if values}


def segment_of(value: Any, names: Sequence[str]) -> str | None:
    """The name of a recorded value; None where the column has no such segment."""
    if value is None:
        name = MISSING
    elif isinstance(value, bool):
        name = str(value).lower()
    else:
        name = value if isinstance(value, str) and value in names else OTHER
    return name if name in names else None


def _names(feature: Mapping[str, Any]) -> list[str]:
    if feature.get("kind") == "boolean":
        names = ["false", "true"]
    else:
        names = [str(one) for one in feature.get("categories", [])][:MOST_VALUES]
    if names and feature.get("unknown") == "other":
        names.append(OTHER)
    if names and feature.get("nullable"):
        names.append(MISSING)
    return names
