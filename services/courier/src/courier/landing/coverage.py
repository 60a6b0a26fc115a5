"""Whether the set or interval of an answer held the truth: from the audit's record and the numbers of its bundle."""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path
from typing import Any

import orjson

from courier.following.bundle_rules import HASH, MANIFEST, MAX_MANIFEST_BYTES
from courier.records.records import FeedbackRow
from courier.store.protocol import Answer

MOST_BUNDLES = 50
"""Whose numbers are remembered."""
_TOLERANCE = 1e-6
"""As the api has it: probabilities are float32, and one at the limit is in the set."""


class Coverage:
    """Works for every answer, also where the client asked for no set: it follows from what was recorded."""

    def __init__(self, bundles: Path) -> None:
        self._bundles = bundles
        self._known: dict[str, dict[str, Any] | None] = {}

    def covers(self, answer: Answer, truth: FeedbackRow) -> bool | None:
        """None where the bundle has no numbers, was removed from the disk, or the record does not fit them."""
        numbers = self._numbers(answer.bundle)
        if numbers is None:
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

    def _numbers(self, bundle: str) -> dict[str, Any] | None:
        if bundle not in self._known:
            if not HASH.fullmatch(bundle):
                return None
            try:
                with (self._bundles / bundle / MANIFEST).open("rb") as file:
                    raw = file.read(MAX_MANIFEST_BYTES)
            except OSError:
                return None
            if len(self._known) >= MOST_BUNDLES:
                self._known.clear()
            self._known[bundle] = _read(raw)
        return self._known[bundle]


def _read(raw: bytes) -> dict[str, Any] | None:
    try:
        manifest = orjson.loads(raw)
        section = manifest.get("conformal")
        if not section:
            return None
        classes = manifest["target"].get("classes", [])
        least = dict(zip(classes, section.get("least_probability", []), strict=True))
        return {"least": least, "edges": section.get("edges", []), "half_width": section.get("half_width", [])}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
