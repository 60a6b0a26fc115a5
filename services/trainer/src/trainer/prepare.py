"""Stage `prepare`: the contract's source, checked, as files that every later stage reads."""

from typing import Any

import pandas as pd

from trainer.columns import Boolean, Category, Column, Number
from trainer.contract import Contract
from trainer.files import json_bytes, sha256, write
from trainer.layout import Layout
from trainer.source import fetch
from trainer.table import parse, to_csv


def prepare(layout: Layout, contract: Contract) -> dict[str, Any]:
    """Write data/raw, data/processed, data/schema.json and data/metadata.json; return the metadata.

    Raises SourceError or DataError, and then nothing was written.
    """
    raw = fetch(contract, layout.root)
    frame = parse(raw, contract, f"{contract.source} (as {layout.raw(contract.name).name})")
    processed = to_csv(frame)
    metadata = describe(frame, contract, raw, processed)
    write(layout.raw(contract.name), raw)
    write(layout.processed(contract.name), processed)
    write(layout.row_schema, json_bytes(row_schema(contract)))
    write(layout.metadata, json_bytes(metadata))
    return metadata


def describe(frame: pd.DataFrame, contract: Contract, raw: bytes, processed: bytes) -> dict[str, Any]:
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
        "repeated_rows": int(frame.duplicated().sum()),
        "sha256": sha256(processed),
        "provenance": {"source": contract.source, "raw_sha256": sha256(raw)},
    }


def row_schema(contract: Contract) -> dict[str, Any]:
    """JSON Schema of one request row. Ranges are the contract's, in each column's unit."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"One row of {contract.name}",
        "type": "object",
        "properties": {column.name: _property(column) for column in contract.columns},
        "required": list(contract.features),
        "additionalProperties": False,
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
        case Boolean():
            kind = {"type": "boolean", "description": column.description}
    return {"anyOf": [kind, {"type": "null"}]} if column.nullable else kind
