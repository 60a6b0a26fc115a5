"""The native answers: an object per row with names for people, and the model they come from."""

from typing import Any

import numpy as np
import orjson

from api.bundle.record_texts import split_rows
from api.protocols.conformal import members_of
from api.protocols.range_warnings import warnings
from api.protocols.reasons import reasons_of
from api.serving.answers import Answered, AnsweredRow


def one_answer(answered: AnsweredRow) -> bytes:
    """The answer to a request with one row, as JSON."""
    model = answered.model
    text = model.texts.answer % (answered.id, model.texts.labels[answered.label], *answered.probabilities.split(","))
    features = model.bundle.manifest.features
    if model.bundle.encoder is not None:
        text = _with_warnings(text, warnings(features, answered.row))
        return f"{text[:-1]},{_envelope(answered)}}}".encode()
    for value, (minimum, maximum) in zip(answered.row, model.texts.ranges, strict=True):
        if not minimum <= value <= maximum:
            text = _with_warnings(text, warnings(features, answered.row))
            break
    return f"{text[:-1]},{_envelope(answered)}}}".encode()


def many_answers(answered: Answered, field: str = "") -> bytes:
    """``field`` is "interval" or "set" where it was asked for."""
    return f'{{"predictions":[{",".join(_texts(answered, field))}],{_envelope(answered)}}}'.encode()


def one_of_many(answered: Answered, field: str = "") -> bytes:
    """The answer of the only row, in the form of :func:`one_answer`."""
    (text,) = _texts(answered, field)
    return f"{text[:-1]},{_envelope(answered)}}}".encode()


def _texts(answered: Answered, field: str) -> list[str]:
    template, labels = answered.model.texts.answer, answered.model.texts.labels
    texts = [
        template % (id_, labels[label], *shares.split(","))
        for id_, label, shares in zip(
            answered.ids.texts, answered.labels.tolist(), split_rows(answered.shares.nested), strict=True
        )
    ]
    for index in _rows_out_of_range(answered):
        warned = warnings(answered.model.bundle.manifest.features, answered.rows[index])
        texts[index] = _with_warnings(texts[index], warned)
    if answered.reasons is not None:
        texts = [f"{text[:-1]},{reasons}}}" for text, reasons in zip(texts, reasons_of(answered), strict=True)]
    if field:
        texts = [f"{text[:-1]},{member}}}" for text, member in zip(texts, members_of(answered, field), strict=True)]
    return texts


def _rows_out_of_range(answered: Answered) -> list[int]:
    rows = answered.rows
    if answered.model.bundle.encoder is not None:
        return list(range(len(rows)))
    # in the values' own type, like the counters: 4.9 as a float32 is above 4.9 as a double
    values = np.asarray(rows, dtype=np.float64) if isinstance(rows, list) else rows
    low, high = np.array(answered.model.texts.ranges, dtype=values.dtype).T
    outside: list[int] = np.flatnonzero(((values < low) | (values > high)).any(axis=1)).tolist()
    return outside


def _with_warnings(text: str, warnings: list[dict[str, Any]]) -> str:
    return text.removesuffix("[]}") + orjson.dumps(warnings, option=orjson.OPT_SERIALIZE_NUMPY).decode() + "}"


def _envelope(answered: Answered | AnsweredRow) -> str:
    return f'{answered.model.texts.model},"timestamp":"{answered.at}","latency_ms":{answered.latency_ms}'
