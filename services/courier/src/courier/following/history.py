"""The history of what served: each change of the policy becomes one record for each entry that changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from structlog.typing import FilteringBoundLogger

from courier.errors import OutboxError
from courier.following.policy import ALIASES, Alias, Policy, PolicyEntry, PolicyFile
from courier.following.registry import ModelVersion
from courier.following.tags import MoveTag, Tags, read_move_tag, read_verdict
from courier.journal.outbox import Outbox

RECORDED = ".recorded-policy.json"
REASON_LENGTH = 500

Resolved = Mapping[Alias, ModelVersion | None]


class MoveHistory:
    """Compares the policy with the one it recorded last, a copy of which it keeps beside it.

    A courier that dies between the two, or whose journal takes nothing, makes the same record again: its id is made
    from what it says, so it lands once.
    """

    def __init__(self, serving_dir: Path, outbox: Outbox, log: FilteringBoundLogger) -> None:
        self._policy = PolicyFile(serving_dir)
        self._recorded = PolicyFile(serving_dir, RECORDED)
        self._outbox = outbox
        self._log = log
        self._problem_logged = False

    def record(self, resolved: Resolved) -> None:
        """Record what changed since last time; `resolved` are the versions the registry names now."""
        policy, recorded = self._policy.read(), self._recorded.read()
        if policy is None or policy == recorded:
            return
        at, since = self._policy.written_at(), self._recorded.written_at() if recorded else None
        records = list(_records(policy, recorded, resolved, at, since))
        if not records:
            return
        try:
            self._outbox.put(records)
            self._recorded.copy(self._policy)
        except (OutboxError, OSError) as error:
            if not self._problem_logged:
                self._log.error("model move not recorded yet; tried again at each poll", error=str(error))
            self._problem_logged = True
            return
        self._problem_logged = False
        for record in records:
            self._log.info("model moved", **{key: record[key] for key in ("variant", "version", "previous", "reason")})


def _records(
    policy: Policy, recorded: Policy | None, resolved: Resolved, at: datetime, since: datetime | None
) -> Iterator[dict[str, object]]:
    known = recorded if recorded is not None and recorded.model == policy.model else None
    for alias in ALIASES:
        entry, before = policy.entry(alias), known.entry(alias) if known else None
        if _of(entry) == _of(before):
            continue
        found = resolved.get(alias)
        # A version that was refused is not what serves: then the registry's tags are about another one.
        tags = found.tags if found and entry and found.version == entry.version else {}
        previous = before.version if before else None
        tag = _move(alias, tags, previous, since)
        moment = at.astimezone(UTC).isoformat(timespec="microseconds")
        facts = [policy.model, alias, *_of(entry), previous, tag.at.isoformat() if tag else moment]
        yield {
            "kind": "move",
            "id": str(uuid5(NAMESPACE_OID, json.dumps(facts))),
            "at": moment,
            "model": policy.model,
            "variant": alias,
            "version": entry and entry.version,
            "previous": previous,
            "percent": entry and entry.percent,
            "bundle": entry and entry.bundle,
            "reason": tag.why[:REASON_LENGTH] if tag else None,
            "verdict": read_verdict(tags),
        }


def _of(entry: PolicyEntry | None) -> list[object]:
    """The fields whose change is a move. The verdict is not one: it can be tagged while a version serves."""
    return [entry.version, entry.percent, entry.bundle] if entry else [None, None, None]


def _move(alias: Alias, tags: Tags, previous: str | None, since: datetime | None) -> MoveTag | None:
    """The tag `move.<alias>` of this move; None when the tag is of an earlier one, or can't be read.

    The tag is stale if the alias was moved by hand later; it is ignored when its `from` does not match.
    """
    tag = read_move_tag(alias, tags)
    if tag is None:
        return None
    # The policy is written within a few polls of the move it follows.
    fresh = since is None or tag.at > since - timedelta(minutes=1)
    return tag if fresh or (tag.origin is not None and tag.origin == previous) else None
