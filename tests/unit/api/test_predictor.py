"""Many rows are run in the order that the model's file asks for, and answered in the order they came."""

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest

from api.predictor import Matrix, Predictor
from tests.support.bundles import linear_onnx

FEATURES, CLASSES = 4, 3


def predictor(sort_rows_by: str | None) -> Predictor:
    dice = np.random.default_rng(5)
    weights, bias = (dice.normal(size=size).astype(np.float32) for size in ((CLASSES, FEATURES), CLASSES))
    model = onnx.load_from_string(linear_onnx(weights, bias))
    if sort_rows_by is not None:
        onnx.helper.set_model_props(model, {"sort_rows_by": sort_rows_by})
    return Predictor(model.SerializeToString(), features=FEATURES, classes=CLASSES)


@pytest.mark.parametrize("rows", [1, 63, 64, 500])
def test_each_row_has_its_own_answer_whatever_the_order_they_were_run_in(rows: int) -> None:
    matrix = np.random.default_rng(rows).normal(size=(rows, FEATURES)).astype(np.float32)
    matrix[:, 2] = matrix[:, 2].round()  # many rows tie
    expected, found = predictor(None).predict(matrix), predictor("2").predict(matrix)
    assert np.array_equal(found.labels, expected.labels)
    assert np.array_equal(found.probabilities, expected.probabilities)


def test_the_model_meets_the_rows_sorted() -> None:
    class Session:
        def run(self, _outputs: object, feeds: dict[str, Matrix], _options: object) -> list[npt.NDArray[Any]]:
            self.met = feeds["features"]
            return [np.zeros(len(self.met), np.int64), np.zeros((len(self.met), CLASSES), np.float32)]

    asked, session = predictor("1"), Session()
    asked._session = session
    matrix = np.random.default_rng(1).normal(size=(100, FEATURES)).astype(np.float32)
    asked.predict(matrix)
    assert np.array_equal(session.met[:, 1], np.sort(matrix[:, 1]))


@pytest.mark.parametrize("named", ["4", "-1", "", "petal_width", "²", "1e0", "9" * 400])
def test_a_name_that_is_no_feature_s_place_changes_nothing(named: str) -> None:
    matrix = np.random.default_rng(1).normal(size=(100, FEATURES)).astype(np.float32)
    assert np.array_equal(predictor(named).predict(matrix).labels, predictor(None).predict(matrix).labels)
