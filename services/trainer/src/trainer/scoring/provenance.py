"""From which input, bundle and libraries an output was made: in its metadata, and in the folder of its parts."""

from importlib.metadata import version
from typing import Any

from trainer.scoring import parts, tables
from trainer.scoring.model import Model
from trainer.scoring.source import Source

TOOLS = ("mlops-iris-trainer", "onnxruntime", "pandas", "pyarrow")


def job_of(source: Source, model: Model, kept: list[str], part_rows: int, form: str) -> dict[str, Any]:
    """The finished parts of an earlier call are used where all of this is the same."""
    return {
        "format": 1,
        "input": source.sha256,
        "bundle": model.bundle,
        "version": model.version,
        "kept": kept,
        "part_rows": part_rows,
        "form": form,
        "tools": {name: version(name) for name in TOOLS},
    }


def provenance_of(
    source: Source, model: Model, made: parts.Parts, kept: list[str], left_out: tables.LeftOut
) -> dict[str, Any]:
    """No clock and no folder in it: the same input and bundle give the same bytes."""
    return {
        "format": 1,
        "model": model.name,
        "version": model.version,
        "bundle": model.bundle,
        "input": {"sha256": source.sha256, "bytes": source.bytes, "files": [path.name for path in source.paths]},
        "rows": sum(made.rows),
        "left_out": dict(left_out),
        "kept": kept,
        "tools": {name: version(name) for name in TOOLS},
    }
