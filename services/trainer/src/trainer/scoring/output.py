"""Answers beside the columns that ride along, as parts and as the whole file."""

import gzip
import io
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pyarrow import compute, csv, parquet

from trainer.errors import ScoringError
from trainer.scoring.answering import Answers
from trainer.scoring.model import Model

Form = Literal["csv", "csv.gz", "parquet"]
METADATA = b"mlops-iris"
"""The key of a Parquet file's metadata that holds the provenance, as JSON."""
SIDECAR = ".json"
"""A CSV's provenance lies beside it."""


def form_of(path: Path) -> Form:
    """By the ending. Raises ScoringError for another one."""
    forms: tuple[Form, ...] = ("csv.gz", "csv", "parquet")
    for form in forms:
        if path.name.endswith(f".{form}"):
            return form
    raise ScoringError(f"{path}: TO ends with .parquet, .csv or .csv.gz, which says how the answers are written")


def answer_names(model: Model, *, ids: bool = False) -> list[str]:
    """As in the api's CSV answers; with `ids` each row's name in the audit comes first."""
    names = ["label_name", *(f"probability_{name}" for name in model.classes)] if model.classes else ["value"]
    return ["prediction_id", *names] if ids else names


def riders(names: Sequence[str], keep: str | None, model: Model, *, ids: bool = False) -> list[str]:
    """The columns that ride along: all, or those of `keep` with spaces; `none` for none. Raises ScoringError."""
    kept = list(names) if keep is None else [] if keep == "none" else keep.split()
    if keep is not None and (unknown := [name for name in kept if name not in names]):
        raise ScoringError(f"KEEP names {unknown[0]!r}, which the table lacks; it has {', '.join(map(repr, names))}")
    if both := [name for name in kept if name in answer_names(model, ids=ids)]:
        raise ScoringError(
            f"the table has a column {both[0]!r} already, which the answers would repeat; leave it out: "
            "KEEP lists the columns that ride along, KEEP=none takes none"
        )
    return kept


def answered(
    table: pa.Table, kept: Sequence[str], answers: Answers, model: Model, ids: Sequence[str] | None = None
) -> pa.Table:
    """The riders, then the ids of the rows where there are any, then the answers."""
    columns = [table.column(name) for name in kept]
    if ids is not None:
        columns.append(pa.array(ids, pa.string()))
    if model.classes:
        names = pa.array(model.classes, pa.string())
        columns.append(compute.take(names, pa.array(answers.labels)))
        columns += [pa.array(answers.scores[:, place].copy()) for place in range(len(model.classes))]
    else:
        columns.append(pa.array(answers.scores))
    return pa.Table.from_arrays(columns, names=[*kept, *answer_names(model, ids=ids is not None)])


def check_writable(schema: pa.Schema, kept: Sequence[str], form: Form) -> None:
    """Raises ScoringError where CSV can't hold a rider."""
    nested = [name for name in kept if pa.types.is_nested(schema.field(name).type)]
    if nested and form != "parquet":
        raise ScoringError(f"column {nested[0]!r} holds lists or structures, which CSV can't; TO=….parquet keeps them")


def write_part(path: Path, table: pa.Table, form: Form) -> None:
    """One part, as bytes that are the same each time. Raises OSError."""
    if form == "parquet":
        with parquet.ParquetWriter(path, table.schema, **_options(table.schema)) as writer:
            writer.write_table(table, row_group_size=max(1, len(table)))
        return
    written = io.BytesIO()
    csv.write_csv(table, written, csv.WriteOptions(include_header=False, quoting_style="needed"))
    path.write_bytes(packed(written.getvalue(), form))


def assemble(parts: Sequence[Path], names: Sequence[str], into: Path, form: Form, provenance: dict[str, Any]) -> None:
    """The whole file from its parts, with the provenance in a Parquet's metadata. Raises OSError."""
    if form != "parquet":
        header = io.StringIO(newline="")
        # The parts quote what needs it; so does their header.
        header.write(",".join(_quoted(name) for name in names) + "\n")
        with into.open("wb") as file:
            file.write(packed(header.getvalue().encode(), form))
            for part in parts:
                with part.open("rb") as content:
                    shutil.copyfileobj(content, file, 1 << 20)
        return
    metadata = {METADATA: json.dumps(provenance, sort_keys=True, ensure_ascii=False).encode()}
    schema = parquet.read_schema(parts[0]).with_metadata(metadata)
    with parquet.ParquetWriter(into, schema, **_options(schema)) as writer:
        for part in parts:
            table = parquet.read_table(part).replace_schema_metadata(metadata)
            writer.write_table(table, row_group_size=max(1, len(table)))


def packed(content: bytes, form: Form) -> bytes:
    """Members of gzip one after the other are one file; without a time they are the same bytes each time."""
    return gzip.compress(content, 6, mtime=0) if form == "csv.gz" else content


def _options(schema: pa.Schema) -> dict[str, Any]:
    # Numbers hardly repeat: a dictionary of them is made in vain.
    repeated = [
        field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
    ]
    return {"compression": "snappy", "use_dictionary": repeated or False}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if any(sign in name for sign in ',"\r\n') else name
