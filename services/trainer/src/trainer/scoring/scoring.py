"""A file, or a folder of files, scored by a bundle: part by part, so that it can be killed and go on."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from trainer.errors import EmptyDataError, ScoringError, TrainerError
from trainer.scoring import intake, output, parts, tables
from trainer.scoring import rows as rows_of
from trainer.scoring.answering import Answering
from trainer.scoring.model import Model
from trainer.scoring.progress import ScoringProgress
from trainer.scoring.provenance import job_of, provenance_of
from trainer.scoring.request import ScoringRequest, check_places, unwritten
from trainer.scoring.source import Source, hashed, opened
from trainer.workspace.confined import ChampionError
from trainer.workspace.files import json_bytes

SHOWN = 10


@dataclass(frozen=True)
class ScoringResult:
    """The result of a call."""

    provenance: dict[str, Any]
    """As in the file's metadata, or beside a CSV."""
    sha256: str
    """The hash of the output."""
    reused: int
    """Rows that an earlier call had scored."""


Deliver = Callable[[bytes], None]
"""Hand the record of some rows to the courier. The same record may come again; its rows are in the audit once."""


def _keep_to_oneself(_: bytes) -> None:
    """For scorings whose rows are not audited."""


def score(
    order: ScoringRequest, model: Model, watch: ScoringProgress | None = None, deliver: Deliver = _keep_to_oneself
) -> ScoringResult:
    """Write the output under its name once it is whole; the same input and bundle give the same bytes.

    With `order.rows` every row gets an id, which is another one in each scoring and the same in each call of one. The
    output gets its name when all records are delivered.

    Raises ScoringError, DataError, and ChampionError for a model that breaks a limit. Finished parts are kept for the
    next call, except where the input has changed.
    """
    watch = watch or ScoringProgress()
    form = output.form_of(order.output)
    if (before := _written_before(order, model)) is not None:
        return before
    check_places(order)
    source = opened(order.source, watch.step)
    known = tables.head(source, model.written)
    intake.check_columns(known.schema.names, model.columns, str(order.source))
    kept = output.riders(known.schema.names, order.keep, model, ids=order.rows)
    output.check_writable(known.schema, kept, form)
    if known.rows == 0:
        raise EmptyDataError(f"{order.source} has columns and no rows")
    job = job_of(source, model, kept, known.part_rows, form) | ({"records": True} if order.rows else {})
    try:
        with parts.held(order.output, form, job, watch.note) as made:
            try:
                return _scored(order, model, source, known, kept, form, made, watch, deliver)
            except TrainerError:
                if not made.rows:
                    # Nothing was answered, so that nothing is worth going on with.
                    parts.discard(order.output)
                raise
    except OSError as error:
        raise unwritten(error, order.output) from error


def _scored(
    order: ScoringRequest,
    model: Model,
    source: Source,
    known: tables.Head,
    kept: list[str],
    form: output.Form,
    made: parts.Parts,
    watch: ScoringProgress,
    deliver: Deliver,
) -> ScoringResult:
    left_out = tables.LeftOut()
    with Answering(model) as answering:
        for part in tables.parts(source, known, model.written, left_out):
            rows = len(part.table)
            if not made.has(part.number, rows):
                ids = rows_of.prediction_ids(made.run, sum(made.rows), rows) if order.rows else None
                table, lines = _answered(part, model, answering, kept, ids, made)
                made.add(part.number, rows, partial(output.write_part, table=table, form=form), lines)
            watch.done(sum(made.rows), made.reused, part.done)
    if not made.rows:
        raise EmptyDataError(f"{order.source} has a header and no rows")
    watch.step(f"putting {order.output.name} together")
    source.check_same()
    provenance = provenance_of(source, model, made, kept, left_out)
    if order.rows:
        provenance |= {"request_id": made.run.request_id, "at": made.run.at}
    incoming = made.folder / f".whole.{form}"
    names = [*kept, *output.answer_names(model, ids=order.rows)]
    output.assemble(made.files, names, incoming, form, provenance)
    parts.synced(incoming)
    digest = hashed(incoming)
    if order.rows:
        _deliver(made, deliver, watch)
    if form != "parquet":
        beside = made.folder / f".whole{output.SIDECAR}"
        beside.write_bytes(json_bytes(provenance | {"sha256": digest}))
        beside.replace(order.output.with_name(order.output.name + output.SIDECAR))
    made.settle({"provenance": provenance, "sha256": digest})
    incoming.replace(order.output)
    return ScoringResult(provenance, digest, made.reused)


def _written_before(order: ScoringRequest, model: Model) -> ScoringResult | None:
    """The output of a call that was killed after it was written and before it was recorded."""
    settlement = parts.settled(order.output)
    if settlement is not None and ("request_id" in settlement["provenance"]) is not order.rows:
        return None
    if settlement is None or settlement["provenance"]["bundle"] != model.bundle or not order.output.is_file():
        return None
    if (
        hashed(order.output) != settlement["sha256"]
        or opened(order.source).sha256 != settlement["provenance"]["input"]["sha256"]
    ):
        return None
    return ScoringResult(settlement["provenance"], settlement["sha256"], settlement["provenance"]["rows"])


def _deliver(made: parts.Parts, deliver: Deliver, watch: ScoringProgress) -> None:
    """Hand over the records of parts that the courier does not have yet. Raises what `deliver` does, and OSError."""
    for number in range(made.sent, len(made.rows)):
        watch.step(f"handing part {number + 1} of {len(made.rows)} to the audit")
        with made.records(number).open("rb") as lines:
            for line in lines:
                deliver(line)
        made.note_sent(number + 1)


def _answered(
    part: tables.RowBatch,
    model: Model,
    answering: Answering,
    kept: list[str],
    ids: list[str] | None,
    made: parts.Parts,
) -> tuple[Any, bytes]:
    """The table of the part, and the records of its rows where they have ids."""
    names = [column.name for column in model.columns]
    features = tables.features_of(part.table, names)
    if part.number == 0:
        intake.check_types(features.schema, model.columns, str(part.file))
    numbers, faults = intake.numbers_of(features, model.columns, model.written)
    if faults:
        raise ScoringError(_report(faults, part))
    try:
        answers = answering.answers(numbers)
    except ChampionError as error:
        raise ScoringError(f"version {model.version} of {model.name} stopped at {part.file}: {error}") from error
    lines = rows_of.records(ids, features, answers, model, made.run) if ids is not None else b""
    return output.answered(part.table, kept, answers, model, ids), lines


def _report(faults: list[intake.Fault], part: tables.RowBatch) -> str:
    word = "row" if isinstance(part.lines, range) else "line"
    shown = [
        f"  {word} {part.lines[one.place]}, column {one.column}: {one.value!r} {one.rule}" for one in faults[:SHOWN]
    ]
    if len(faults) > SHOWN:
        shown.append(f"  … and {len(faults) - SHOWN} more up to {word} {part.lines[-1]}")
    count = f"{len(faults)} value{'s do' if len(faults) > 1 else ' does'} not fit the model"
    return "\n".join([f"{part.file}: {count}; nothing was written", *shown])
