"""Answers as CSV: a line per row, for people who came with a table."""

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np

from api.bundle.record_texts import split_rows
from api.protocols.conformal import values_of
from api.protocols.range_warnings import sentence, warnings
from api.serving.answers import Answered


def csv_answers(
    answered: Answered, others: Sequence[str] = (), others_rows: Sequence[Sequence[str]] = (), *, field: str = ""
) -> bytes:
    """``prediction_id, label_name, probability_<class>..., warnings``, then the ``others``; RFC 4180, UTF-8.

    ``field`` adds the columns interval_low and interval_high, or set: its classes, joined by ``|``.
    A regression has ``value`` in place of the label and the probabilities. ``others`` are the question's further
    columns and ``others_rows`` [n, others] their cells; one that has the name of an answer's column is left out.
    """
    manifest = answered.model.bundle.manifest
    classes = manifest.target.classes
    outcome = ["label_name", *(f"probability_{name}" for name in classes)] if classes else ["value"]
    more = {"interval": ["interval_low", "interval_high"], "set": ["set"]}.get(field, [])
    header = ["prediction_id", *outcome, "warnings", *more]
    kept = [place for place, name in enumerate(others) if name not in header]
    lines = [_quoted([*header, *(others[place] for place in kept)])]
    names = [_quoted([name]) + "," for name in classes] or [""] * len(answered.model.bundle.labels)
    columns = zip(
        answered.ids.texts,
        answered.labels.tolist(),
        split_rows(answered.shares.nested),
        _warnings(answered),
        strict=True,
    )
    lines += [f"{id_},{names[label]}{shares},{warning}" for id_, label, shares, warning in columns]
    if more:
        found = [["|".join(one)] if field == "set" else one for one in values_of(answered)]
        lines[1:] = [f"{line},{_quoted(one)}" for line, one in zip(lines[1:], found, strict=True)]
    if kept:
        riders = ((row[place] for place in kept) for row in others_rows)
        lines[1:] = [f"{line},{_quoted(list(cells))}" for line, cells in zip(lines[1:], riders, strict=True)]
    return ("\r\n".join(lines) + "\r\n").encode()


def _warnings(answered: Answered) -> list[str]:
    rows, features = answered.rows, answered.model.bundle.manifest.features
    if answered.model.bundle.encoder is not None:
        suspects: Iterable[int] = range(len(rows))
    else:
        matrix = np.asarray(rows)
        limits = np.array(answered.model.texts.ranges).T.astype(matrix.dtype)
        suspects = np.flatnonzero(((matrix < limits[0]) | (matrix > limits[1])).any(axis=1)).tolist()
    texts = [""] * len(rows)
    for row in suspects:
        texts[row] = "; ".join(sentence(one) for one in warnings(features, rows[row]))
    return [text and _quoted([text]) for text in texts]


def _quoted(fields: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(fields)
    return line.getvalue()[:-2]
