"""A model that answers differently is refused, and the rows are named."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from trainer.bundle import parity
from trainer.contract.contract import Contract
from trainer.conversion.convert import to_onnx
from trainer.errors import ParityError


def linear(c: float) -> Pipeline:
    features, labels = load_iris(return_X_y=True, as_frame=True)
    return Pipeline([("model", LogisticRegression(C=c, max_iter=5000))]).fit(features, labels.to_numpy())


def test_another_model_is_refused_with_its_rows() -> None:
    rows, _ = load_iris(return_X_y=True, as_frame=True)
    with pytest.raises(ParityError, match=r"disagree on 1\d\d of 150 rows") as caught:
        parity.check(to_onnx(linear(0.01), 4, 3), linear(10), rows, tolerance=1e-5)
    message = str(caught.value).splitlines()
    assert len(message) == 1 + parity.SHOWN
    assert message[1].startswith("  row 0 (sepal length (cm)=5.1, sepal width (cm)=3.5")
    assert "ONNX says 0 [" in message[1]
    assert "scikit-learn 0 [" in message[1]


def test_a_probability_just_outside_the_tolerance_is_refused() -> None:
    rows, _ = load_iris(return_X_y=True, as_frame=True)
    model, pipeline = to_onnx(linear(1), 4, 3), linear(1)
    found = parity.check(model, pipeline, rows, tolerance=1e-5).largest_difference
    assert 0 < found < 1e-6
    with pytest.raises(ParityError):
        parity.check(model, pipeline, rows, tolerance=found * 0.99)


class Says:
    """Stands for a fitted pipeline with the given probabilities."""

    def __init__(self, shares: list[list[float]]) -> None:
        self._shares = np.array(shares)

    def predict_proba(self, rows: pd.DataFrame) -> npt.NDArray[np.float64]:
        return self._shares[: len(rows)]

    def predict(self, rows: pd.DataFrame) -> npt.NDArray[np.int64]:
        labels: npt.NDArray[np.int64] = self.predict_proba(rows).argmax(axis=1)
        return labels


@pytest.mark.parametrize(
    ("change", "right"),
    [(0.0, True), (parity.TIE / 2, True), (1e-9, False), (float("nan"), False)],
)
def test_a_label_may_differ_only_where_scikit_learn_itself_is_tied(change: float, right: bool) -> None:
    rows = load_iris(return_X_y=True, as_frame=True)[0].head(1)
    model = to_onnx(linear(1), 4, 3)
    labels, shares = parity.answer(model, rows)
    assert labels[0] == 0
    top = float(shares[0, 0])
    # The other class is ahead by `change`, and the probabilities are allowed to be anything.
    with_other_ahead = Says([[top, top + change, 0.0]])
    if right:
        parity.check(model, with_other_ahead, rows, tolerance=1.0)
    else:
        with pytest.raises(ParityError):
            parity.check(model, with_other_ahead, rows, tolerance=1.0)


def test_random_rows_are_inside_the_ranges_whole_where_they_must_be_and_the_same_each_time(shapes: Contract) -> None:
    rows = parity.random_rows(shapes, 5000, seed=3)
    assert rows["width"].between(0, 10).all()
    assert set(rows["corners"]) == set(range(10))
    assert (rows.astype(np.float32).astype(np.float64) == rows).all(axis=None)
    assert rows.equals(parity.random_rows(shapes, 5000, seed=3))
    assert not rows.equals(parity.random_rows(shapes, 5000, seed=4))
