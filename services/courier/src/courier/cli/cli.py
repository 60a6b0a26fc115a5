"""The courier's verbs beside carrying: status, verify, export, prune. See docs/store.md for the exit codes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from courier.cli.export import opened, pages, write_csv, write_parquet
from courier.cli.status import status
from courier.cli.verify import verify
from courier.errors import CourierError, StoreUnavailableError
from courier.journal.segments import Journal
from courier.settings import Settings
from courier.store.choice import make_reader, make_store
from courier.store.upkeep import ROWS_AT_ONCE, oldest_kept

WELL, FAILED, GAP = 0, 1, 3

Verb = Callable[[Settings, argparse.Namespace], int]


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The verb and its options; `verb` is None for carrying. Exits with 2 for wrong usage."""
    parser = argparse.ArgumentParser("python -m courier", description="Without a verb: carry, until a signal.")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    verbs.add_parser("status", help="the policy, the journal and the store, as JSON").set_defaults(run=_status)

    verifying = verbs.add_parser("verify", help="is what was journalled in the store? 3 when something is missing")
    verifying.set_defaults(run=_verify)
    exporting = verbs.add_parser("export", help="predictions of a time range, as CSV or Parquet")
    exporting.set_defaults(run=_export)
    for verb, default in ((verifying, "7 days ago"), (exporting, "the beginning")):
        verb.add_argument("--since", type=_moment, metavar="TIME", help=f"ISO 8601, UTC without a zone; {default}")
        verb.add_argument("--until", type=_moment, metavar="TIME", help="up to but without it; default: now")
    exporting.add_argument("--format", choices=("csv", "parquet"), default="csv")
    exporting.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")

    pruning = verbs.add_parser("prune", help="delete what is older, now")
    pruning.add_argument("--days", type=_days, help="how old; default: RETENTION_DAYS")
    pruning.set_defaults(run=_prune)
    return parser.parse_args(arguments)


def run_verb(settings: Settings, asked: argparse.Namespace) -> int:
    """Returns the exit code."""
    verb: Verb = asked.run
    try:
        return verb(settings, asked)
    except CourierError as error:
        sys.stderr.write(f"courier {asked.verb}: {error}\n")
        return FAILED
    except BrokenPipeError:
        # The reader closed the pipe. Python would complain once more when it flushes at the end.
        sys.stderr.close()
        return FAILED


def _status(settings: Settings, _: argparse.Namespace) -> int:
    sys.stdout.write(status(settings))
    return WELL


def _verify(settings: Settings, asked: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    since = asked.since or now - timedelta(days=7)
    verdict = verify(
        make_reader(settings),
        Journal(settings.journal_dir),
        since.replace(minute=0, second=0, microsecond=0),
        asked.until or now + timedelta(hours=1),
    )
    titles = ("hour (UTC)", "journalled", "landed", "pending", "quarantined", "missing")
    sys.stdout.write("{:<16}{:>12}{:>12}{:>12}{:>12}{:>12}\n".format(*titles))
    for line in verdict.lines:
        hour = f"{line.hour[:10]} {line.hour[11:13]}:00"
        numbers = (line.journalled, line.landed, line.pending, line.quarantined, line.missing)
        sys.stdout.write(f"{hour:<16}" + "".join(f"{number:>12}" for number in numbers) + "\n")
    for gap in verdict.gaps:
        sys.stdout.write(f"gap: {gap}\n")
    if not verdict.gaps:
        sys.stdout.write("nothing is missing\n")
    return GAP if verdict.gaps else WELL


def _export(settings: Settings, asked: argparse.Namespace) -> int:
    write = write_csv if asked.format == "csv" else write_parquet
    since, until = asked.since or datetime(1970, 1, 1, tzinfo=UTC), asked.until or datetime.now(UTC)
    with opened(asked.output) as file:
        rows = write(file, pages(make_reader(settings), since, until))
    sys.stderr.write(f"{rows} predictions\n")
    return WELL


def _prune(settings: Settings, asked: argparse.Namespace) -> int:
    days = asked.days or settings.retention_days
    if days is None:
        sys.stderr.write("courier prune: how old? give --days, or set RETENTION_DAYS\n")
        return 2
    before, months, rows = oldest_kept(days), list[str](), 0
    store = make_store(settings)
    try:
        store.open()
        while True:
            pruned = store.prune(before, ROWS_AT_ONCE)
            months, rows = months + pruned.months, rows + pruned.rows
            if not pruned.rows:
                break
    except StoreUnavailableError as error:
        raise StoreUnavailableError(f"{error}; {rows} rows are deleted so far, try again") from error
    finally:
        store.close()
    sys.stdout.write(f"deleted: {', '.join(months) or 'no month'}, and {rows} rows elsewhere\n")
    return WELL


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _days(text: str) -> float:
    days = float(text)
    if not days > 0:
        raise ValueError("not above 0")
    return days
