"""The faults that the api found in a bundle: docs/formats/proof.schema.json, read from the journal's folder."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import orjson

FOLDER = "proofs"
_LARGEST = 64 * 1024
_WORDS = 300


class ApiRefusal(NamedTuple):
    """`at` is when, as the api wrote it: it changes when the api has tried the bundle again."""

    at: str
    reason: str
    message: str


class ApiProofs:
    """Reads the verdicts of the api beside this courier. It writes and deletes nothing."""

    def __init__(self, journal_dir: Path) -> None:
        self._folder = journal_dir / FOLDER

    def refusal(self, bundle: str) -> ApiRefusal | None:
        """The api's refusal of this bundle; None where there is none, or it can't be read."""
        try:
            with (self._folder / f"{bundle}.json").open("rb") as file:
                proof = orjson.loads(file.read(_LARGEST))
            if proof["proven"] is not False:
                return None
            return ApiRefusal(str(proof["at"]), str(proof["reason"])[:_WORDS], str(proof["message"])[:_WORDS])
        except (OSError, ValueError, KeyError, TypeError):
            return None
