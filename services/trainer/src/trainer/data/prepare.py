"""Stage `prepare`: the contract's source, checked, as files that every later stage reads."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

from trainer.contract.checks import outside
from trainer.contract.columns import Boolean, Category, Column, Moment, Number
from trainer.contract.contract import Contract
from trainer.data.labelled import Row, check_rows, read_folder
from trainer.data.selection import select
from trainer.data.source import fetch
from trainer.data.table import parse_source, to_csv
from trainer.thresholds import Feedback
from trainer.workspace.files import json_bytes, sha256, write
from trainer.workspace.layout import Layout


def prepare(layout: Layout, contract: Contract, limits: Feedback | None = None) -> dict[str, Any]:
    """Write data/raw, data/processed, data/schema.json and data/metadata.json; return the metadata.

    With `limits` the labelled predictions in data/feedback come after the data set's own rows, oldest first. Raises
    SourceError or DataError, and then nothing was written.
    """
    raw = fetch(contract, layout.root)
    with _without_collection():
        frame, left_out = parse_source(raw, contract, f"{contract.source} (as {layout.raw(contract.name).name})")
    labelled = read_folder(layout.feedback, contract) if limits else []
    learnt: dict[str, Any] = {}
    if limits and labelled:
        frame, learnt = with_feedback(frame, labelled, contract, limits)
    beyond = outside(frame, contract)
    # Nothing is refused from here on. The text of a large table is not kept while the other is made.
    raw_sha256 = sha256(raw)
    write(layout.raw(contract.name), raw)
    del raw
    with _without_collection():
        processed = to_csv(frame)
    metadata = describe(frame, contract, raw_sha256, processed) | learnt
    if left_out:
        metadata["left_out"] = left_out
    if beyond:
        metadata["outside"] = beyond
    write(layout.processed(contract.name), processed)
    write(layout.row_schema, json_bytes(row_schema(contract)))
    write(layout.metadata, json_bytes(metadata))
    return metadata


@contextmanager
def _without_collection() -> Iterator[None]:
    """Rows hold no reference cycles, and the search for cycles among millions of them takes a sixth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def with_feedback(
    frame: pd.DataFrame, labelled: list[Row], contract: Contract, limits: Feedback
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The data set and the labelled predictions that are learnt from; and what became of all of them."""
    checked = check_rows(labelled, contract)
    # Labelled predictions have no columns with a role: what those rows hold there is missing.
    own = frame.drop(columns=list(contract.kept))
    selection = select(checked.rows, own, contract, limits)
    left_out = selection.reasons
    if checked.refused:
        left_out["breaks the contract"] = len(checked.refused)
    both = pd.concat([frame, selection.kept], ignore_index=True)
    counts = {"labelled": len(labelled), "kept": len(selection.kept), "left_out": left_out}
    return both, {"feedback": counts}


def describe(frame: pd.DataFrame, contract: Contract, raw_sha256: str, processed: bytes) -> dict[str, Any]:
    """The facts in data/metadata.json about the processed table: rows, classes or range, missing values, hashes."""
    target, gaps = frame[contract.target.name], frame.isna().sum()
    found: dict[str, dict[str, Any]]
    if contract.task == "classification":
        counts = target.value_counts()
        found = {"classes": {name: int(counts.get(name, 0)) for name in contract.target.classes}}
    else:
        found = {"target": {"minimum": float(target.min()), "maximum": float(target.max())}}
    if nullable := [column.name for column in contract.columns if column.nullable]:
        found["missing"] = {name: int(gaps[name]) for name in nullable}
    return {
        "name": contract.name,
        "rows": len(frame),
        "columns": list(frame.columns),
        **found,
        "repeated_rows": repeated_rows(frame),
        "sha256": sha256(processed),
        "provenance": {"source": contract.source, "raw_sha256": raw_sha256},
    }


def repeated_rows(frame: pd.DataFrame) -> int:
    """How many rows an earlier one is equal to; what is missing is equal to what is missing."""
    # pandas compares by codes of every column, as large as the table: only rows with one hash are compared.
    alike = pd.util.hash_pandas_object(frame, index=False).duplicated(keep=False)
    return int(frame[alike].duplicated().sum())


def row_schema(contract: Contract) -> dict[str, Any]:
    """JSON Schema of one request row. Ranges are the contract's, in each column's unit."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"One row of {contract.name}",
        "type": "object",
        "properties": {column.name: _property(column) for column in contract.columns},
        "required": list(contract.features),
        "additionalProperties": False,
        # Columns of the training data that no request has; JSON Schema passes over keys it does not know.
        **({"x-roles": contract.roles.model_dump(exclude_defaults=True)} if contract.roles.names else {}),
    }


def _property(column: Column) -> dict[str, Any]:
    match column:
        case Number():
            unit = f" ({column.unit})" if column.unit else ""
            kind: dict[str, Any] = {
                "type": "integer" if column.dtype == "int64" else "number",
                "description": f"{column.description}{unit}",
                "minimum": column.minimum,
                "maximum": column.maximum,
            }
        case Category():
            known = {"enum": list(column.categories)} if column.unknown == "refuse" else {}
            kind = {"type": "string", "description": column.description, **known}
        case Moment():
            form = "date" if column.kind == "date" else "date-time"
            kind = {"type": "string", "format": form, "description": column.description}
        case Boolean():
            kind = {"type": "boolean", "description": column.description}
    return {"anyOf": [kind, {"type": "null"}]} if column.nullable else kind
