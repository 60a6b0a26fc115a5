"""Answers as CSV: a line per row, for people who came with a table."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import orjson

from api.manifest import Feature
from api.model_metrics import Rows
from api.predictions import Answered


def csv_answers(answered: Answered) -> bytes:
    """``prediction_id, label_name, probability_<class>..., warnings``; RFC 4180, UTF-8."""
    manifest = answered.model.bundle.manifest
    classes = manifest.target.classes
    header = ["prediction_id", "label_name", *(f"probability_{name}" for name in classes), "warnings"]
    lines = [_quoted(header)]
    names = [_quoted([name]) for name in classes]
    columns = zip(
        answered.ids,
        answered.labels.tolist(),
        _shares(answered.probabilities),
        _warnings(answered.rows, manifest.features),
        strict=True,
    )
    lines += [f"{id_},{names[label]},{shares},{warning}" for id_, label, shares, warning in columns]
    return ("\r\n".join(lines) + "\r\n").encode()


def _shares(probabilities: Any) -> Iterator[str]:
    # one call writes all of them with the digits a float32 has, as they are in the journal
    text = orjson.dumps(probabilities, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    return iter(text[2:-2].split("],["))


def _warnings(rows: Rows, features: Sequence[Feature]) -> list[str]:
    matrix = np.asarray(rows)
    limits = np.array([(feature.minimum, feature.maximum) for feature in features]).T.astype(matrix.dtype)
    texts = [""] * len(matrix)
    outside = (matrix < limits[0]) | (matrix > limits[1])
    for row in np.flatnonzero(outside.any(axis=1)).tolist():
        told = (feature for feature, out in zip(features, outside[row], strict=True) if out)
        texts[row] = _quoted(["; ".join(f"{f.name} is outside {f.minimum:g} to {f.maximum:g}" for f in told)])
    return texts


def _quoted(fields: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(fields)
    return line.getvalue()[:-2]
