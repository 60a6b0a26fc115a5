"""A journal written by hand, so that the reader is tested against the format and not against itself."""

import fcntl
import json
import struct
import zlib
from collections.abc import Sequence
from io import FileIO
from pathlib import Path
from typing import Any
from uuid import uuid4

BUNDLE = "ab" * 32


def frame(payload: bytes) -> bytes:
    return struct.pack(">II", len(payload), zlib.crc32(payload)) + payload


def prediction(ids: Sequence[str] = (), **changes: Any) -> dict[str, Any]:
    """A record as the journal's schema has it, one row per id (one row when none is given)."""
    ids = list(ids) or [str(uuid4())]
    return {
        "kind": "prediction",
        "at": "2026-11-22T10:00:00.000000Z",
        "request_id": "request-1",
        "model": "iris_clf",
        "version": "1",
        "variant": "production",
        "bundle": BUNDLE,
        "latency_ms": 0.5,
        "features": ["sepal_length", "petal_length"],
        "classes": ["setosa", "versicolor", "virginica"],
        "ids": ids,
        "rows": [[5.1, 1] for _ in ids],
        "labels": [0 for _ in ids],
        "probabilities": [[0.9, 0.1, 0] for _ in ids],
    } | changes


def feedback(prediction_id: str, label: str = "setosa", **changes: Any) -> dict[str, Any]:
    return {
        "kind": "feedback",
        "id": str(uuid4()),
        "at": "2026-11-22T11:00:00.000000Z",
        "request_id": "request-2",
        "prediction_id": prediction_id,
        "label": label,
        "source": "test",
    } | changes


def encode(*records: dict[str, Any]) -> bytes:
    return b"".join(frame(json.dumps(record, separators=(",", ":")).encode()) for record in records)


def write_segment(directory: Path, content: bytes, name: str = "0-01939c00-0000-7000-8000-000000000000") -> Path:
    """A segment whose writer is gone."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}.journal"
    path.write_bytes(content)
    return path


def open_writer(path: Path) -> FileIO:
    """A writer that is alive for as long as the file is open."""
    file = path.open("ab", buffering=0)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return file
