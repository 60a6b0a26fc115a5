"""The registry's tags, as docs/formats/registry-tags.md has them: their names, and how a value is written and read.

A person can write any text into a tag, so reading one never raises: a value that breaks the format counts as unknown.
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

BUNDLE = "bundle"
PERCENT = "percent"
VERDICT, REASONS = "gate.verdict", "gate.reasons"
QUALITY = "quality"
ADOPTED = "adopted"
"""The tag of a version that was not trained here: the origin of its model, in words."""
NOTE = "moved."
"""The tags of the registered model that are its history begin so; the time follows."""

DEFAULT_PERCENT = 10.0
"""The share of a canary without the tag `percent`, e.g. one whose alias was set on MLflow's page."""
DECIMALS = 6
"""Decimals of a share; finer ones are rounded."""

_BUNDLE = re.compile(r"[0-9a-f]{64}")
_PERCENT = re.compile(r"100(?:\.0{1,6})?|[0-9]{1,2}(?:\.[0-9]{1,6})?")
_VERDICTS = ("passed", "failed")
_LONGEST = 1000

Tags = Mapping[str, str]


def move_tag(alias: str) -> str:
    """The tag of a version that says when and why `alias` last came to it."""
    return f"move.{alias}"


def had_tag(alias: str) -> str:
    """The tag of a version that says it has carried `alias` at some time."""
    return f"had_alias.{alias}"


def percent_text(percent: float) -> str:
    """The value of `percent` for a share from 0 to 100, e.g. "12.5"."""
    return f"{percent:.{DECIMALS}f}".rstrip("0").rstrip(".")


def read_percent(tags: Tags) -> float | None:
    """The share of the traffic, 0 to 100; None when the tag holds anything else."""
    text = tags.get(PERCENT)
    if text is None:
        return DEFAULT_PERCENT
    return float(text) if _PERCENT.fullmatch(text) else None


def read_bundle(tags: Tags) -> str:
    """The bundle's hash; empty without one."""
    text = tags.get(BUNDLE, "")
    return text if _BUNDLE.fullmatch(text) else ""


def read_verdict(tags: Tags) -> str | None:
    """The gate's verdict, `passed` or `failed`; None when the tag says neither."""
    text = tags.get(VERDICT)
    return text if text in _VERDICTS else None


def read_move(alias: str, tags: Tags) -> dict[str, Any]:
    """The tag `move.<alias>`: `at`, `why`, `from`, of production also `before`. Empty when it can't be read."""
    record = _object(tags.get(move_tag(alias), ""))
    before = record.get("before", [])
    usable = read_time(record.get("at")) is not None and isinstance(record.get("why"), str)
    return record if usable and isinstance(before, list) else {}


def read_note(text: str) -> dict[str, Any] | None:
    """An entry of the history; None when it is none."""
    record = _object(text)
    percent = record.get("percent")
    share = percent is None or (isinstance(percent, int | float) and 0 <= percent <= 100)
    if not isinstance(record.get("alias"), str) or not share or "version" not in record:
        return None
    return {"previous": None, "why": "", **record}


def read_time(text: object) -> datetime | None:
    """An ISO 8601 moment, UTC where it names no zone; None when it is none."""
    if isinstance(text, str):
        with suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    return None


def one_line(text: object) -> str:
    """A tag's text for a terminal: one line, no control characters, at most 1000 characters."""
    line = "".join(one if one.isprintable() else " " for one in str(text)[: _LONGEST + 1])
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _object(text: str) -> dict[str, Any]:
    # RecursionError: thousands of brackets are valid JSON.
    with suppress(ValueError, RecursionError):
        document = json.loads(text)
        if isinstance(document, dict):
            return document
    return {}
