"""The record of a scored file in the audit: handed to the courier, which journals it before it answers."""

import json
import time
from collections.abc import Callable

from trainer.errors import ScoringError, ServiceUnreachableError
from trainer.loop.http_client import ServiceBusyError, post_json
from trainer.scoring.scoring import ScoringResult

PAGE, ROWS_PAGE = "/scored", "/scored/rows"
PATIENCE_SECONDS = 120.0
"""The time for which the courier may refuse a record because others wait for its store."""
PAUSE_SECONDS = 0.25


def record(scored: ScoringResult, name: str, courier_url: str) -> None:
    """The same file is one record, however often it is sent. Raises ScoringError when the courier does not take it."""
    provenance = scored.provenance
    content = {
        "model": provenance["model"],
        "version": provenance["version"],
        "bundle": provenance["bundle"],
        "input_sha256": provenance["input"]["sha256"],
        "input_name": name,
        "output_sha256": scored.sha256,
        "rows": provenance["rows"],
        "tool": f"mlops-iris-trainer {provenance['tools']['mlops-iris-trainer']}",
    }
    try:
        post_json(f"{courier_url.rstrip('/')}{PAGE}", content)
    except ServiceUnreachableError as error:
        raise ScoringError(
            f"the file is whole, but it is not in the audit: {error}. The same command records it once the courier "
            "answers; AUDIT=none does without"
        ) from error


def record_rows(
    line: bytes,
    courier_url: str,
    *,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Hand one record of rows over; a busy courier is asked again. Raises ScoringError."""
    deadline = clock() + PATIENCE_SECONDS
    while True:
        try:
            post_json(f"{courier_url.rstrip('/')}{ROWS_PAGE}", json.loads(line))
        except ServiceBusyError as error:
            if clock() >= deadline:
                raise _unaudited(error) from error
            pause(PAUSE_SECONDS)
        except ServiceUnreachableError as error:
            raise _unaudited(error) from error
        else:
            return


def _unaudited(error: ServiceUnreachableError) -> ScoringError:
    return ScoringError(
        f"the rows are answered, but the audit does not take them, so nothing was written: {error}. The same command "
        "goes on with the rows that are left; AUDIT=file records the file alone"
    )
