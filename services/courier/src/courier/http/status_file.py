"""status.json beside policy.json: how the courier, the registry and the audit are. Nothing is decided by it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from structlog.typing import FilteringBoundLogger

from courier.errors import RegistryUnavailableError, StoreUnavailableError
from courier.following.registry import ModelVersion
from courier.following.segments import BundleSegments
from courier.identifiers import PAST_ALL, first_id_at
from courier.store.reader import Labelled, Reader

FILE = "status.json"
EVERY_SECONDS = 5.0
ASK_SECONDS = 30.0
"""Between two questions to the store."""
RETRY_SECONDS = 10.0
"""After one that it did not answer."""
QUALITY_HOURS = 24
MOST_LABELLED = 2_000
"""The newest labelled answers that the accuracy is made from."""
MOST_MOVES = 10
MOST_TRAININGS = 10
MOST_ALERTS = 10
MOST_VERSIONS = 20
MOST_SEGMENTS = 200
MOST_TEXT = 300


class StatusFile:
    """Replaces the file every few seconds, in a thread of its own: a slow store delays nothing else."""

    def __init__(
        self,
        serving_dir: Path,
        report: Callable[[], tuple[bool, dict[str, Any]]],
        make_reader: Callable[[], Reader],
        newest: Callable[[int], list[ModelVersion]],
        log: FilteringBoundLogger,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = serving_dir / FILE
        self._segments = BundleSegments(serving_dir / "bundles")
        self._report = report
        self._make_reader = make_reader
        self._newest = newest
        self._log = log
        self._clock = clock
        self._due = clock()
        self._store: dict[str, Any] = {"quality": [], "segments": [], "moves": [], "alerts": []}
        self._trainings: list[dict[str, Any]] = []

    def work(self) -> float:
        """Write the file once, and ask the store where its last answer is old. Errors are logged and tried again."""
        _, health = self._report()
        if self._clock() >= self._due:
            if health["registry"]["up"]:
                self._ask_registry()
            try:
                self._store = self._ask()
                self._due = self._clock() + ASK_SECONDS
            except StoreUnavailableError as error:
                self._due = self._clock() + RETRY_SECONDS
                self._log.debug("the store did not answer for status.json", error=str(error))
        content = orjson.dumps(self._content(health), option=orjson.OPT_INDENT_2) + b"\n"
        fresh = self._path.with_name(f".{FILE}-new")
        try:
            fresh.write_bytes(content)
            fresh.replace(self._path)
        except OSError as error:
            self._log.debug("status.json can't be written", error=str(error))
        return EVERY_SECONDS

    def _content(self, health: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "format": 1,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "registry_up": health["registry"]["up"],
            "store_up": health["store"]["up"],
            "store_name": _text(health["store"]["name"]),
            "store_bytes": health["store"]["bytes"],
            "pending_records": health["journal"]["pending_records"],
            "oldest_pending_seconds": health["journal"]["oldest_pending_seconds"],
            "quality_hours": QUALITY_HOURS,
            **self._store,
            "trainings": self._trainings,
        }

    def _ask_registry(self) -> None:
        try:
            self._trainings = [_training(version) for version in self._newest(MOST_TRAININGS)]
        except RegistryUnavailableError as error:
            self._log.debug("the registry did not answer for status.json", error=str(error))

    def _ask(self) -> dict[str, Any]:
        since = datetime.now(UTC) - timedelta(hours=QUALITY_HOURS)
        with self._make_reader() as reader:
            labelled = reader.labelled(first_id_at(since), PAST_ALL, MOST_LABELLED)
            moves = reader.moves(MOST_MOVES)
            alerts = reader.alerts(MOST_ALERTS)
        return {
            **self._judged([row for row in labelled if row.version is not None]),
            "moves": [
                {
                    "at": move.at,
                    "variant": move.variant,
                    "version": move.version,
                    "previous": move.previous,
                    "reason": None if move.reason is None else _text(move.reason),
                }
                for move in moves
            ],
            "alerts": [
                {"name": _text(one.name), "began": one.began, "ended": one.ended, "state": _text(one.summary or "")}
                for one in alerts
            ],
        }

    def _judged(self, labelled: Iterable[Labelled]) -> dict[str, Any]:
        """How many answers have feedback and how many of them were right, by version and by segment."""
        judged: Counter[tuple[str, ...]] = Counter()
        correct: Counter[tuple[str, ...]] = Counter()
        for row in labelled:
            segments = self._segments.of(row.bundle or "", row.features)
            for key in [(row.version,), *((row.version, *segment) for segment in segments)]:
                judged[key] += 1
                correct[key] += row.predicted == row.label

        def most(names: tuple[str, ...], count: int) -> list[dict[str, Any]]:
            found = [(key, rows) for key, rows in judged.most_common() if len(key) == len(names)]
            return [
                {**dict(zip(names, key, strict=True)), "judged": rows, "correct": correct[key]}
                for key, rows in found[:count]
            ]

        return {
            "quality": most(("version",), MOST_VERSIONS),
            "segments": most(("version", "feature", "segment"), MOST_SEGMENTS),
        }


def _training(version: ModelVersion) -> dict[str, Any]:
    tags = version.tags
    return {
        "at": datetime.fromtimestamp(version.made_ms / 1000, UTC).isoformat(timespec="seconds"),
        "version": version.version,
        "verdict": tags.get("gate.verdict") and _text(tags["gate.verdict"]),
        "quality": tags.get("quality") and _text(tags["quality"]),
        "adopted": "adopted" in tags,
        "why": tags.get("gate.reasons") and _text(tags["gate.reasons"]),
    }


def _text(text: object) -> str:
    return "".join(one if one.isprintable() else " " for one in str(text))[:MOST_TEXT]
