"""Whether the ONNX model answers as scikit-learn does, on every row of the data set and on random ones."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import onnxruntime
import pandas as pd
from sklearn.pipeline import Pipeline

from trainer.contract import Contract
from trainer.errors import ParityError

# Closer than float64 can tell after a few hundred additions: scikit-learn's own label is then a coin's.
TIE = 1e-12
SHOWN = 5


@dataclass(frozen=True)
class Parity:
    rows: int
    largest_difference: float
    """Of a probability, over all rows and classes."""


def answer(model: bytes, features: pd.DataFrame) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Labels [n] and probabilities [n, classes] as ONNX Runtime gives them; `features` is n x columns."""
    options = onnxruntime.SessionOptions()
    # One thread adds up a forest's votes in the order of its trees.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    rows = features.to_numpy(dtype=np.float32)
    answered = session.run(["label", "probabilities"], {"features": rows})
    return cast(tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]], tuple(answered))


def random_rows(contract: Contract, count: int, seed: int) -> pd.DataFrame:
    """`count` rows, even inside the contract's ranges, of values that float32 holds exactly."""
    generator = np.random.default_rng(seed)
    columns = {}
    for column in contract.columns:
        values: npt.NDArray[Any] = generator.uniform(column.minimum, column.maximum, count)
        if column.dtype == "int64":
            first, last = int(np.ceil(column.minimum)), int(np.floor(column.maximum))
            values = generator.integers(first, last, count, endpoint=True)
        columns[column.name] = values.astype(np.float32).astype(np.float64)
    return pd.DataFrame(columns)


def check(model: bytes, pipeline: Pipeline, rows: pd.DataFrame, *, tolerance: float) -> Parity:
    """Same label and probabilities within `tolerance` on every row, else ParityError naming the rows.

    Where scikit-learn's two highest probabilities are within `TIE`, either of the two labels is right.
    """
    labels, probabilities = answer(model, rows)
    expected = pipeline.predict_proba(rows)
    difference = np.abs(probabilities - expected).max(axis=1)
    # A NaN compares as false with everything: ask for what is right, not for what is wrong.
    agree = (difference <= tolerance) & _same_label(labels, expected)
    if not agree.all():
        raise ParityError(_refusal(rows, ~agree, labels, probabilities, expected))
    return Parity(len(rows), float(difference.max(initial=0.0)))


def _same_label(labels: npt.NDArray[np.int64], expected: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    known = (labels >= 0) & (labels < expected.shape[1])
    chosen = np.take_along_axis(expected, np.where(known, labels, 0)[:, None], axis=1)[:, 0]
    same: npt.NDArray[np.bool_] = known & (chosen >= expected.max(axis=1) - TIE)
    return same


def _refusal(
    rows: pd.DataFrame,
    wrong: npt.NDArray[np.bool_],
    labels: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.float32],
    expected: npt.NDArray[np.float64],
) -> str:
    lines = [
        f"the ONNX model and scikit-learn disagree on {int(wrong.sum())} of {len(rows)} rows; the bundle is refused"
    ]
    for place in np.flatnonzero(wrong)[:SHOWN]:
        values = ", ".join(f"{name}={value:g}" for name, value in rows.iloc[place].items())
        lines.append(
            f"  row {place} ({values}): ONNX says {labels[place]} {np.round(probabilities[place], 6).tolist()}, "
            f"scikit-learn {expected[place].argmax()} {np.round(expected[place], 6).tolist()}"
        )
    return "\n".join(lines)
