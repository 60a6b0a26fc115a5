"""The child that reads a foreign model: what it is given, and what it leaves behind."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from trainer.adoption.child import OUTCOME, REFUSAL, TABLE, TASK
from trainer.adoption.origin import DAMAGED, Origin
from trainer.errors import AdoptionError
from trainer.workspace.confined import KEPT, MIB, ChampionError, Limits, run
from trainer.workspace.files import json_bytes, write

READING = Limits(seconds=900, memory=4096 * MIB, file=1024 * MIB)
"""The child's limits: it loads the model, asks it about the table, converts it and compares the two."""
LONGEST = 4000
"""Characters of a refusal."""


@dataclass(frozen=True)
class Outcome:
    """The result of an adoption, as the child process sends it."""

    page: str | None
    """The drafted contract; None where the committed one fits."""
    notes: tuple[str, ...]
    parity: float
    """The largest difference between the model and its ONNX twin."""


def adopt_in(
    folder: Path,
    origin: Origin,
    *,
    root: Path,
    table: bytes,
    source: str,
    query: str | None,
    own: bool,
    target: str | None,
    limits: Limits = READING,
) -> Outcome:
    """Leave the processed table, the report and the bundle in `folder`, which is empty and for this alone.

    `own` says that the table is the committed contract's. The child has none of the trainer's passwords. Raises
    AdoptionError with the reason where the model is refused.
    """
    write(folder / TABLE, table)
    task: dict[str, str | None] = {
        "root": str(root.resolve()),
        "model": str(origin.path.resolve()),
        "format": origin.format,
    }
    task |= {"source": source, "query": query, "target": target}
    write(folder / TASK, json_bytes(task | {"own": own, "signature": list(origin.signature)}))
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment |= {"ORT_DISABLE_TELEMETRY": "1", "MPLCONFIGDIR": str(folder / ".matplotlib"), "OMP_NUM_THREADS": "1"}
    try:
        run("trainer.adoption.child", [], folder, environment, limits)
        found = json.loads((folder / OUTCOME).read_bytes())
        return Outcome(found["page"], tuple(map(str, found["notes"])), float(found["parity"]))
    except ChampionError as error:
        raise AdoptionError(_reason(folder / REFUSAL, origin, str(error))) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AdoptionError(f"reading the model ended without an answer: {error}") from error


def _reason(refusal: Path, origin: Origin, ended: str) -> str:
    try:
        return refusal.read_text(encoding="utf-8", errors="replace")[:LONGEST]
    except OSError:
        name = origin.path.name
        # The C++ of a library ends the process for a file that it can't make sense of, or reads it for ever.
        damaged = ("with signal" in ended or "CPU time" in ended) and not origin.runs_code
        return f"{name} can't be read ({ended}): {DAMAGED}" if damaged else f"reading {name} failed: {ended}"
