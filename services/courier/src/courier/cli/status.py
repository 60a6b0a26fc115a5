"""Prints the state from the files and the store alone, beside a running courier or without one."""

from __future__ import annotations

import orjson

from courier.errors import StoreUnavailableError
from courier.following.policy import PolicyFile
from courier.journal.backlog import Backlog
from courier.journal.segments import Journal
from courier.settings import Settings
from courier.store.choice import make_store


def status(settings: Settings) -> str:
    """The policy, what waits in the journal and what lies in the store, as indented JSON."""
    policy = PolicyFile(settings.serving_dir).read()
    journal = Journal(settings.journal_dir)
    pending = Backlog(journal).survey()
    report = {
        "policy": None if policy is None else policy.model_dump(exclude={"format"}),
        "journal": {
            "segments": len(journal.names()),
            "pending_records": pending.records,
            "oldest_pending_seconds": round(pending.oldest_seconds, 3),
        },
        "store": _store(settings),
    }
    return orjson.dumps(report, option=orjson.OPT_INDENT_2).decode() + "\n"


def _store(settings: Settings) -> dict[str, object]:
    store = make_store(settings)
    try:
        store.open()
        return {
            "name": store.name,
            "up": True,
            **store.counts()._asdict(),
            "bytes": store.size(),
            "retention_days": settings.retention_days,
        }
    except StoreUnavailableError as error:
        return {"name": store.name, "up": False, "error": str(error)}
    finally:
        store.close()
