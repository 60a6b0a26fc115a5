"""The segments of a bundle: the values, at most 20 a column, whose answers are judged one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from courier.following.bundle_rules import HASH, MANIFEST, MAX_MANIFEST_BYTES

MISSING, OTHER = "missing", "other"
MOST_COLUMNS, MOST_VALUES = 20, 20
MOST_BUNDLES = 50
"""Whose segments are remembered."""
Segments = Mapping[str, Sequence[str]]
"""The names of the values by column, as the bundle's reference.json has them."""


class BundleSegments:
    """Names the segments of audited rows by the bundle that answered them."""

    def __init__(self, bundles: Path) -> None:
        self._bundles = bundles
        self._known: dict[str, Segments] = {}

    def of(self, bundle: str, features: str) -> list[tuple[str, str]]:
        """The column and the segment's name, for each segment that a row was in.

        `features` is a JSON object: name to the value as it came. Empty where the bundle was removed from the disk, and
        where the row does not fit it.
        """
        segments = self._segments(bundle)
        if not segments:
            return []
        try:
            row = orjson.loads(features)
            found = [(name, segment_of(row[name], names)) for name, names in segments.items()]
        except (KeyError, TypeError, ValueError):
            return []
        return [(name, segment) for name, segment in found if segment is not None]

    def _segments(self, bundle: str) -> Segments:
        if bundle not in self._known:
            manifest = read_manifest(self._bundles, bundle)
            if manifest is None:
                return {}
            if len(self._known) >= MOST_BUNDLES:
                self._known.clear()
            self._known[bundle] = segments_in(manifest)
        return self._known[bundle]


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
