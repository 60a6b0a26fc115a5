"""The registry's tags, as docs/formats/registry-tags.md has them. A person can write any text into one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from courier.errors import BundleRefusedError
from courier.following.policy import Alias, PolicyEntry, Verdict
from courier.following.registry import ModelVersion

DEFAULT_PERCENT = 10.0

_PERCENT = re.compile(r"100(?:\.0{1,6})?|[0-9]{1,2}(?:\.[0-9]{1,6})?")
_VERDICTS: dict[str, Verdict] = {"passed": "passed", "failed": "failed"}

Tags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MoveTag:
    """The tag of a version about the last time an alias came to it."""

    at: datetime
    """The time of the move, in UTC."""
    why: str
    origin: str | None
    """The version that the alias came from."""


def entry_of(alias: Alias, version: ModelVersion, model: str) -> PolicyEntry:
    """The policy entry of a version of the registered `model`, from its tags.

    Raises:
        BundleRefusedError: without a usable tag `bundle`, or of a canary with an unusable `percent`.
    """
    bundle = version.tags.get("bundle")
    if bundle is None:
        raise BundleRefusedError(
            "tag",
            f"version {version.version} has no tag `bundle`: the trainer did not make it, and nothing proves its "
            f"answers; `make adopt MODEL=models:/{model}/{version.version}` checks it and makes a version that serves",
        )
    percent = read_percent(version) if alias == "canary" else None
    try:
        return PolicyEntry(version=version.version, bundle=bundle, percent=percent, verdict=read_verdict(version.tags))
    except ValueError:
        raise BundleRefusedError("tag", f"version {version.version}: its tag `bundle` is not a sha256") from None


def read_percent(version: ModelVersion) -> float:
    """The canary's share of the traffic, 0 to 100. Raises BundleRefusedError when the tag holds anything else."""
    text = version.tags.get("percent")
    if text is None:
        return DEFAULT_PERCENT
    if not _PERCENT.fullmatch(text):
        raise BundleRefusedError(
            "tag", f"version {version.version}: percent is not a number from 0 to 100 such as 12.5: {text[:40]!r}"
        )
    return float(text)


def read_verdict(tags: Tags) -> Verdict | None:
    """The gate's verdict. It is only shown: a tag with another text keeps no version from serving."""
    return _VERDICTS.get(tags.get("gate.verdict", ""))


def read_move_tag(alias: Alias, tags: Tags) -> MoveTag | None:
    """The tag `move.<alias>`; None when it can't be read."""
    # RecursionError: thousands of brackets are valid JSON.
    with suppress(ValueError, RecursionError, OverflowError):
        record: Any = json.loads(tags.get(f"move.{alias}", ""))
        if isinstance(record, dict) and isinstance(record.get("at"), str) and isinstance(record.get("why"), str):
            at, origin = datetime.fromisoformat(record["at"]), record.get("from")
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
            # JSON can hold half a surrogate pair, which is no UTF-8; and no database stores a NUL.
            why = record["why"].encode(errors="replace").decode().replace("\x00", "")
            return MoveTag(at, why, origin if isinstance(origin, str) else None) if why else None
    return None
