"""`feedback`: labelled predictions from the courier, or a file, into data/feedback/<date>.csv, kept by DVC."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trainer.contract.contract import Contract
from trainer.data.labelled import AT, ID, LABEL, Row, check_rows, read_folder, read_rows, to_csv
from trainer.errors import DataError, SourceError
from trainer.loop.http_client import get
from trainer.thresholds import Feedback
from trainer.workspace.files import write
from trainer.workspace.layout import Layout


@dataclass(frozen=True)
class FeedbackCounts:
    """How many rows came, how many of them were known already, are new, and break the contract."""

    came: int
    known: int
    new: int
    refused: list[tuple[Row, str]]
    file: Path | None
    """Where the new ones are; None when there are none."""


def fetch(layout: Layout, contract: Contract, limits: Feedback, courier_url: str) -> bytes:
    """The labelled predictions since the newest that is known, and those a late truth may have come for.

    Raises ServiceUnreachableError.
    """
    query = {"limit": str(limits.most_rows)}
    known = read_folder(layout.feedback, contract)
    if known:
        newest = datetime.fromisoformat(known[-1][AT])
        query["since"] = (newest - timedelta(days=limits.lookback_days)).isoformat()
    return get(f"{courier_url.rstrip('/')}/labelled.csv", query, timeout=120)


def read_file(path: Path) -> bytes:
    """Raises SourceError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error


def land(
    content: bytes, layout: Layout, contract: Contract, where: str, *, keep: Callable[[Path], None]
) -> FeedbackCounts:
    """Add what is new to today's file, and refuse what breaks the contract to var/feedback/<date>.csv.

    A label that was corrected since is new: the last word on a prediction counts. `keep` is given the file that grew.
    Raises DataError for content that is not in the courier's columns.
    """
    came = read_rows(content, contract, where)
    _check_times(came, where)
    known = {row[ID]: row[LABEL] for row in read_folder(layout.feedback, contract)}
    fresh = list({row[ID]: row for row in came if known.get(row[ID]) != row[LABEL]}.values())
    checked = check_rows(fresh, contract)
    today = datetime.now(UTC).date().isoformat()
    if checked.refused:
        rejected = [{**row, "why": why} for row, why in checked.refused]
        write(layout.rejected / f"{today}.csv", to_csv(rejected))
    file = layout.feedback / f"{today}.csv"
    if checked.rows:
        had = read_rows(file.read_bytes(), contract, str(file)) if file.exists() else []
        merged = {row[ID]: row for row in (*had, *checked.rows)}
        write(file, to_csv(sorted(merged.values(), key=lambda row: (row[AT], row[ID]))))
        keep(file)
    return FeedbackCounts(
        len(came), len(came) - len(fresh), len(checked.rows), checked.refused, file if checked.rows else None
    )


def _check_times(rows: list[Row], where: str) -> None:
    for number, row in enumerate(rows, 2):
        try:
            zoned = datetime.fromisoformat(row[AT]).tzinfo is not None
        except ValueError:
            zoned = False
        if not zoned or not row[ID]:
            raise DataError(
                f"{where}: row {number}: {row[ID][:40]!r} is not a valid {ID}, or {row[AT][:40]!r} is not its time"
            )
