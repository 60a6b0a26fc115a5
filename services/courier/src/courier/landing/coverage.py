"""Checks whether the set or interval of an answer held the truth, and names its segments, by its bundle's numbers."""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path
from typing import Any

import orjson

from courier.following.segments import MOST_BUNDLES, BundleSegments, read_manifest
from courier.records.records import FeedbackRow
from courier.store.protocol import Answer

_TOLERANCE = 1e-6
"""As the api has it: probabilities are float32, and one at the limit is in the set."""


class Coverage:
    """Works for every answer, also where the client asked for no set: it follows from what was recorded."""

    def __init__(self, bundles: Path) -> None:
        self._bundles = bundles
        self._segments = BundleSegments(bundles)
        self._known: dict[str, dict[str, Any] | None] = {}

    def covers(self, answer: Answer, truth: FeedbackRow) -> bool | None:
        """None where the bundle has no numbers, was removed from the disk, or the record does not fit them."""
        numbers = self._numbers(answer.bundle)
        if numbers is None or not (numbers["least"] or numbers["half_width"]):
            return None
        try:
            if answer.value is not None:
                if truth.value is None:
                    return None
                half = numbers["half_width"][bisect_left(numbers["edges"], answer.value)]
                return bool(abs(truth.value - answer.value) <= half)
            share = orjson.loads(answer.probabilities)[truth.label]
            return bool(share >= numbers["least"][truth.label] - _TOLERANCE)
        except (KeyError, IndexError, TypeError, ValueError):
            return None

    def segments(self, answer: Answer) -> list[tuple[str, str]]:
        """The column and the segment's name, for each segment that the answered row was in."""
        return self._segments.of(answer.bundle, answer.features)

    def _numbers(self, bundle: str) -> dict[str, Any] | None:
        if bundle not in self._known:
            manifest = read_manifest(self._bundles, bundle)
            if manifest is None:
                return None
            if len(self._known) >= MOST_BUNDLES:
                self._known.clear()
            self._known[bundle] = _read(manifest)
        return self._known[bundle]


def _read(manifest: dict[str, Any]) -> dict[str, Any] | None:
    try:
        section = manifest.get("conformal") or {}
        classes = manifest["target"].get("classes", []) if section else []
        least = dict(zip(classes, section.get("least_probability", []), strict=True))
        return {
            "least": least,
            "edges": section.get("edges", []),
            "half_width": section.get("half_width", []),
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
