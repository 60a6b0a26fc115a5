"""Makes a bundle from a model's file and a table, with remarks for the user. Works in the child."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from trainer.adoption.classes import as_written, holds
from trainer.adoption.description import ModelDescription, describe
from trainer.adoption.drafting import drafted, fits, target_in
from trainer.adoption.graph_description import describe_graph
from trainer.adoption.graph_model import GraphModel
from trainer.adoption.loading import load
from trainer.adoption.origin import Origin
from trainer.adoption.reporting import report_of
from trainer.adoption.twins import twins_of
from trainer.bundle.bundle import assemble
from trainer.bundle.reasons import no_reasons
from trainer.bundle.servable import check_parity
from trainer.contract.columns import Column, Number
from trainer.contract.contract import Contract
from trainer.conversion.ways_out import advised
from trainer.data import dataset as data
from trainer.data.table import parse_source, to_csv
from trainer.drafting.dialect import dialect
from trainer.drafting.scan import scan
from trainer.errors import ParityError
from trainer.params import Params
from trainer.training.folds import halves
from trainer.workspace import canonical
from trainer.workspace.files import json_bytes, write
from trainer.workspace.layout import Layout

AS_CONVERTED = (
    "the proof is of the ONNX file itself: what a converter got wrong is in it, and only the quality shows it"
)


@dataclass(frozen=True)
class ProofTable:
    """CSV to prove a model on. `own` where it is the committed contract's own source."""

    content: bytes
    source: str
    query: str | None
    own: bool


@dataclass(frozen=True)
class AdoptedBundle:
    """The result of an adoption; `parity` is the largest difference between the model and its ONNX twin."""

    page: str | None
    """The drafted contract; None where the committed one was used."""
    notes: list[str]
    parity: float


def make(
    layout: Layout, origin: Origin, table: ProofTable, committed: Contract | None, target: str | None, params: Params
) -> AdoptedBundle:
    """Write the processed table, artifacts/train/report.json and artifacts/bundles/<hash>/ below `layout`.

    Raises AdoptionError where the model and the table don't belong together or it can't be converted, ParityError where
    ONNX answers otherwise, DataError for bad rows.
    """
    model, notes = load(origin)
    written = dialect(table.content, table.source)
    cells = scan(table.content, table.source, written).text
    graph = model if isinstance(model, GraphModel) else None
    described = (
        describe(model, origin.signature) if graph is None else describe_graph(graph, origin.signature, cells, written)
    )
    contract, page = _contract(described, table, cells, committed, target, notes)
    write(layout.processed(contract.name), to_csv(parse_source(table.content, contract, table.source).frame))
    found = data.load(layout.processed(contract.name), contract)
    # A graph of float32 gets the same numbers as the served model, however large they are.
    if graph is None or not graph.single:
        contract = contract.model_copy(update={"columns": _scaled(contract.columns, found.rows)})
    twin, served = twins_of(model, described, contract, found, params)
    if graph is not None:
        notes.append(AS_CONVERTED)
    try:
        parity = check_parity(served, twin, found.rows.features, contract, params)
    except ParityError as error:
        raise ParityError(advised(str(error), model)) from error
    parts = halves(found.rows, params, contract.target.classes)
    report = report_of(layout, twin, described, found, parts, contract, params)
    write(layout.report, json_bytes(report))
    kept = canonical.dump(graph.source if graph else model)
    # The columns of a foreign pipeline are its own business: no way back from its inputs is known.
    reasons = no_reasons("the model was adopted")
    assemble(layout, contract, params, found, parts, report, twin, served, kept, reasons)
    return AdoptedBundle(page, notes, parity.largest_difference)


def _contract(
    described: ModelDescription,
    table: ProofTable,
    text: pd.DataFrame,
    committed: Contract | None,
    target: str | None,
    notes: list[str],
) -> tuple[Contract, str | None]:
    """The contract, and its page where it was drafted; `text` is the table as it is written."""
    header = list(text.columns)
    if committed is not None and fits(committed, described, header) and target in {None, committed.target.name}:
        extra = tuple(name for name in header if name not in {*committed.features, committed.target.name})
        ignore = tuple(dict.fromkeys((*committed.ignore, *extra)))
        return (committed if table.own else committed.model_copy(update={"ignore": ignore})), None
    if target is None:
        alike = [one for one in header if one not in described.names and holds(described.classes, text[one])]
        target = alike[0] if len(alike) == 1 else None
    name = target_in(header, described, target, None if committed is None else committed.target.name)
    classes: Sequence[str] = ()
    if described.task == "classification":
        classes, assumed = as_written(described.classes, [cell for cell in text[name].unique() if cell])
        notes += [assumed] if assumed else []
    return drafted(table.content, table.source, table.query, described, name, classes)


def _scaled(columns: Sequence[Column], rows: data.Rows) -> tuple[Column, ...]:
    """Numbers that float32 can't hold get a scale, as in a bundle that was trained."""

    def scaled(column: Column) -> Column:
        if not isinstance(column, Number) or not column.is_large:
            return column
        values = rows.features[column.name].dropna()
        return column.model_copy(update={"offset": float(values.mean()), "scale": float(values.std()) or 1.0})

    return tuple(scaled(column) for column in columns)
