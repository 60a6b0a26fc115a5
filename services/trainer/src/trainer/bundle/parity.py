"""Compares the ONNX model's answers with scikit-learn's, on every row of the data set and on random ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.contract.columns import Category, Column, Moment, Number
from trainer.contract.contract import Contract
from trainer.conversion.onnx_session import session
from trainer.data.encoding import encode
from trainer.decision import Decision, labels_of
from trainer.errors import ParityError

# Closer than float64 can tell after a few hundred additions: scikit-learn's own label is then a coin's.
TIE = 1e-12
# The served probability is float32: so close to the threshold either label is right.
ROUNDED = 1e-7
SHOWN = 5
GAPS = 0.1
"""Share of the random values that are missing where they may be, or unknown where that is answered."""
UNKNOWN = "\N{INFORMATION SOURCE}"
"""A text that is a category of no column."""


class Answering(Protocol):
    """A fitted pipeline, or an object that answers like one: the ONNX model is held against it."""

    def predict(self, rows: pd.DataFrame) -> npt.NDArray[Any]: ...

    def predict_proba(self, rows: pd.DataFrame) -> npt.NDArray[np.float64]: ...


@dataclass(frozen=True)
class Parity:
    """The distance of ONNX Runtime's answers from scikit-learn's on a number of rows."""

    rows: int
    largest_difference: float
    """The largest difference of a probability, or of a value as a share of its range, over all rows and classes."""


def run(model: bytes, rows: npt.NDArray[np.float32], outputs: list[str]) -> tuple[npt.NDArray[Any], ...]:
    """The outputs of a model for rows [n, features]."""
    return tuple(session(model).run(outputs, {"features": rows}))


def answer(
    model: bytes, features: pd.DataFrame, columns: Sequence[Column] = ()
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Labels [n] and probabilities [n, classes] as ONNX Runtime gives them; `features` is n x columns."""
    answered = run(model, encode(features, columns), ["label", "probabilities"])
    return cast(tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]], answered)


def random_rows(contract: Contract, count: int, seed: int) -> pd.DataFrame:
    """`count` rows, even inside the contract's ranges and categories, of numbers that float32 holds exactly."""
    generator = np.random.default_rng(seed)
    return pd.DataFrame({column.name: _random(column, count, generator) for column in contract.columns})


def check(
    model: bytes,
    pipeline: Answering,
    rows: pd.DataFrame,
    *,
    tolerance: float,
    columns: Sequence[Column] = (),
    decision: Decision | None = None,
) -> Parity:
    """Same label and probabilities within `tolerance` on every row, else ParityError naming the rows.

    Where scikit-learn's two highest probabilities are within `TIE`, either of the two labels is right; with a
    `decision`, where its probability is within `ROUNDED` of the threshold.
    """
    labels, probabilities = answer(model, rows, columns)
    expected = pipeline.predict_proba(rows)
    difference = np.abs(probabilities - expected).max(axis=1)
    # A NaN compares as false with everything: ask for what is right, not for what is wrong.
    agree = (difference <= tolerance) & _same_label(labels, expected, decision)
    if not agree.all():
        answers = [
            f"{label} {np.round(shares, 6).tolist()}" for label, shares in zip(labels, probabilities, strict=True)
        ]
        named = zip(labels_of(expected, decision), expected, strict=True)
        wanted = [f"{label} {np.round(shares, 6).tolist()}" for label, shares in named]
        raise ParityError(_refusal(rows, ~agree, answers, wanted))
    return Parity(len(rows), float(difference.max(initial=0.0)))


def check_labels(pipeline: Answering, rows: pd.DataFrame) -> None:
    """Raises ParityError where its label, an index of the classes, is not its most probable class: that is served."""
    expected = pipeline.predict_proba(rows)
    answers = np.asarray(pipeline.predict(rows), dtype=np.int64)
    others = int((~_same_label(answers, expected, None)).sum())
    if others or _has_two_rules(pipeline):
        where = f"{others} of {len(rows)} rows" if others else "rows near its boundary, though on none of these"
        raise ParityError(
            f"its predict differs from the most probable class of its predict_proba on {where}; "
            "the most probable class is what is served: put it into CalibratedClassifierCV"
        )


def _has_two_rules(model: Any) -> bool:
    """Whether it is a support vector machine that answers labels by distance and probabilities by Platt's curve.

    The two agree on most rows, so a proof on some thousand may not meet one where they do not.
    """
    while steps := getattr(model, "steps", None):
        model = steps[-1][1]
    return type(model).__name__ in ("SVC", "NuSVC") and bool(model.probability)


def check_values(
    model: bytes, pipeline: Answering, rows: pd.DataFrame, *, tolerance: float, contract: Contract
) -> Parity:
    """The same value on every row, within `tolerance` of the target's range; else ParityError naming the rows."""
    (values,) = run(model, encode(rows, contract.columns), ["value"])
    expected = pipeline.predict(rows)
    low, high = contract.target.range
    difference = np.abs(values - expected) / (high - low)
    agree = difference <= tolerance
    if not agree.all():
        answers, wanted = ([f"{value:.9g}" for value in column] for column in (values, expected))
        raise ParityError(_refusal(rows, ~agree, answers, wanted))
    return Parity(len(rows), float(difference.max(initial=0.0)))


def _random(column: Column, count: int, generator: np.random.Generator) -> "pd.Series[Any]":
    if isinstance(column, Number):
        values: npt.NDArray[Any] = generator.uniform(column.minimum, column.maximum, count)
        if column.dtype == "int64":
            first, last = int(np.ceil(column.minimum)), int(np.floor(column.maximum))
            values = generator.integers(first, last, count, endpoint=True)
        exact = values if column.is_large else values.astype(np.float32)
        drawn: pd.Series[Any] = pd.Series(exact.astype(np.float64))
    elif isinstance(column, Moment):
        low, high = column.range
        start = datetime.fromisoformat(column.reference)
        moments = [start + timedelta(days=day) for day in generator.uniform(low, high, count)]
        iso = [(one.date() if column.kind == "date" else one).isoformat() for one in moments]
        drawn = pd.Series(iso, dtype="str")
    elif isinstance(column, Category):
        texts = generator.choice(np.array([*column.categories], dtype=object), count)
        if column.unknown == "other":
            texts[generator.random(count) < GAPS] = UNKNOWN
        drawn = pd.Series(texts, dtype="str")
    else:
        drawn = pd.Series(generator.random(count) < 1 / 2, dtype=object if column.nullable else bool)
    return drawn.mask(generator.random(count) < GAPS) if column.nullable else drawn


def _same_label(
    labels: npt.NDArray[np.int64], expected: npt.NDArray[np.float64], decision: Decision | None
) -> npt.NDArray[np.bool_]:
    if decision is not None:
        decided: npt.NDArray[np.bool_] = labels == labels_of(expected, decision)
        tied: npt.NDArray[np.bool_] = (decision.distance(expected) <= ROUNDED) & ((labels == 0) | (labels == 1))
        return decided | tied
    known = (labels >= 0) & (labels < expected.shape[1])
    chosen = np.take_along_axis(expected, np.where(known, labels, 0)[:, None], axis=1)[:, 0]
    same: npt.NDArray[np.bool_] = known & (chosen >= expected.max(axis=1) - TIE)
    return same


def _refusal(rows: pd.DataFrame, wrong: npt.NDArray[np.bool_], answers: list[str], wanted: list[str]) -> str:
    lines = [
        f"the ONNX model and scikit-learn disagree on {int(wrong.sum())} of {len(rows)} rows; the bundle is refused"
    ]
    for place in np.flatnonzero(wrong)[:SHOWN]:
        values = ", ".join(
            f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
            for name, value in rows.iloc[place].items()
        )
        lines.append(f"  row {place} ({values}): ONNX says {answers[place]}, scikit-learn {wanted[place]}")
    return "\n".join(lines)
