"""A scoring in a process of its own, which a test may kill; started by multiprocessing's fork server."""

import pickle
from functools import partial
from pathlib import Path

from trainer.scoring import tables
from trainer.scoring.recording import record_rows
from trainer.scoring.request import ScoringRequest
from trainer.scoring.scoring import score


def run(model: Path, source: Path, target: Path, courier: str) -> None:
    """Score in parts of 40 rows; with the address of a courier each row is audited."""
    tables.MOST_ROWS = 40
    deliver = partial(record_rows, courier_url=courier, pause=lambda _: None)
    score(ScoringRequest(source, target, rows=bool(courier)), pickle.loads(model.read_bytes()), deliver=deliver)
