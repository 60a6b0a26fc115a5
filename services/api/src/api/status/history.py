"""The counters' history in a file of bounded size. One worker writes it; every worker reads it."""

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Any

import orjson

FILE = "history.jsonl"
LOCK = "history.lock"
EVERY_SECONDS = 15.0
KEPT_SECONDS = 24 * 3600.0 + 900.0
"""A day, and a sample before it: an increase over the day starts there."""
RECENT_SECONDS = 3900.0
"""Younger samples are kept whole, of older ones one in five minutes."""
THIN_SECONDS = 300.0
MOST_LINES = 800
MOST_BYTES = 2 * 1024 * 1024

Sample = dict[str, Any]
"""`at` in seconds since 1970, `counts` by name; `cut` where older samples were dropped before it."""


class History:
    """Samples as lines of JSON, oldest first. The file lies beside the counters and survives the workers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / FILE
        self._lock: int | None = None
        self._seen: tuple[int, int, int] | None = None
        self._samples: list[Sample] = []

    def is_writer(self) -> bool:
        """Whether this process writes; the kernel passes the lock on when the writer dies."""
        if self._lock is not None:
            return True
        try:
            lock = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return False
        self._lock = lock
        return True

    def append(self, sample: Sample) -> None:
        """Add the newest sample. Older ones are thinned out when the file reaches its bounds. Raises OSError."""
        samples = [*self.read(), sample]
        line = orjson.dumps(sample) + b"\n"
        size = self._path.stat().st_size if self._path.exists() else 0
        if len(samples) <= MOST_LINES and size + len(line) <= MOST_BYTES:
            # One write: a reader sees a whole line, or a last line without its end, which it leaves out.
            with self._path.open("ab", buffering=0) as file:
                file.write(line)
            self._samples, self._seen = samples, _seen(self._path)
            return
        fresh = self._path.with_name(f".{FILE}-new")
        kept = _bounded(thinned(samples, now=sample["at"]))
        if kept[0]["at"] > samples[0]["at"] or samples[0].get("cut"):
            kept[0] = kept[0] | {"cut": True}
        fresh.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in kept))
        fresh.replace(self._path)

    def read(self) -> list[Sample]:
        """Every sample, oldest first; lines that can't be read are left out."""
        try:
            seen = _seen(self._path)
            if seen != self._seen:
                with self._path.open("rb") as file:
                    self._samples = _parsed(file.read(MOST_BYTES))
                self._seen = seen
        except OSError:
            return []
        return self._samples

    def close(self) -> None:
        """Let another worker write."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def thinned(samples: list[Sample], *, now: float) -> list[Sample]:
    """Without what is older than a day, and with one sample in five minutes of what is older than an hour."""
    kept: list[Sample] = []
    for sample in samples:
        age = now - sample["at"]
        if age > KEPT_SECONDS:
            continue
        if age <= RECENT_SECONDS or not kept or sample["at"] - kept[-1]["at"] >= THIN_SECONDS:
            kept.append(sample)
    return kept


def _seen(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _bounded(samples: list[Sample]) -> list[Sample]:
    """At most half of the file's bounds, so that it is not rewritten at every sample."""
    kept: list[Sample] = []
    size = 0
    for sample in reversed(samples[-(MOST_LINES - 100) :]):
        size += len(orjson.dumps(sample)) + 1
        if kept and size > MOST_BYTES // 2:
            break
        kept.append(sample)
    return kept[::-1]


def _parsed(content: bytes) -> list[Sample]:
    samples = []
    for line in content.splitlines():
        with contextlib.suppress(orjson.JSONDecodeError, TypeError, KeyError, ValueError):
            sample = orjson.loads(line)
            sample["at"] = float(sample["at"])
            samples.append(sample)
    return samples
