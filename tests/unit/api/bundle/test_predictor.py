"""Many rows are run in the order that the model's file asks for, and answered in the order they came."""

import time
from bisect import bisect_left
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest

from api.bundle.predictor import Matrix, Predictor
from api.bundle.row_order import Cells, cells_of
from tests.support.bundles import linear_onnx

FEATURES, CLASSES = 4, 3


def predictor(row_cells: str | None) -> Predictor:
    dice = np.random.default_rng(5)
    weights, bias = (dice.normal(size=size).astype(np.float32) for size in ((CLASSES, FEATURES), CLASSES))
    model = onnx.load_from_string(linear_onnx(weights, bias))
    if row_cells is not None:
        onnx.helper.set_model_props(model, {"row_cells": row_cells})
    return Predictor(model.SerializeToString(), features=FEATURES, classes=CLASSES)


@pytest.mark.parametrize("rows", [1, 63, 64, 500])
def test_each_row_has_its_own_answer_whatever_the_order_they_were_run_in(rows: int) -> None:
    matrix = np.random.default_rng(rows).normal(size=(rows, FEATURES)).astype(np.float32)
    matrix[:, 2] = matrix[:, 2].round()
    expected, found = predictor(None).predict(matrix), predictor("[[2, [-1, 0, 1]], [0, [0.5]]]").predict(matrix)
    assert np.array_equal(found.labels, expected.labels)
    assert np.array_equal(found.probabilities, expected.probabilities)


def test_the_model_meets_the_rows_of_a_cell_together() -> None:
    class Session:
        def run(self, _outputs: object, feeds: dict[str, Matrix], _options: object) -> list[npt.NDArray[Any]]:
            self.met = feeds["features"]
            return [np.zeros(len(self.met), np.int64), np.zeros((len(self.met), CLASSES), np.float32)]

    asked, session = predictor("[[1, [0]], [3, [-0.5, 0.5]]]"), Session()
    asked._session = session
    matrix = np.random.default_rng(1).normal(size=(100, FEATURES)).astype(np.float32)
    asked.predict(matrix)
    cells = [(row[1] > 0, bisect_left([-0.5, 0.5], row[3])) for row in session.met]
    assert cells == sorted(cells)
    assert len(set(cells)) == 6


def test_what_is_missing_is_a_neighbour_of_what_is_large() -> None:
    rows = np.array([[np.nan], [-1.0], [2.0], [np.nan], [-2.0]], dtype=np.float32)
    assert set(Cells([(0, [0.0])]).order(rows)[:2]) == {1, 4}


@pytest.mark.parametrize(
    "named",
    [
        *(
            "",
            "2",
            "[]",
            "[[4, [0.5]]]",
            "[[-1, [0.5]]]",
            "[[0, []]]",
            '[["0", [1]]]',
            "[[0, [NaN]]]",
            "[[0, [1e999]]]",
        ),
        "[" * 400,
        f"[[0, {list(range(64))}]]",
        str([[0, [0.5]]] * 9),
    ],
)
def test_what_names_no_cells_changes_nothing(named: str) -> None:
    assert cells_of({"row_cells": named}, FEATURES) is None
    matrix = np.random.default_rng(1).normal(size=(100, FEATURES)).astype(np.float32)
    assert np.array_equal(predictor(named).predict(matrix).labels, predictor(None).predict(matrix).labels)


class Model:
    """A model of a known speed: ``seconds`` of CPU time for each row, and ``first`` more for the first run."""

    def __init__(self, seconds: float, first: float = 0.0) -> None:
        self._seconds, self._first = seconds, first
        self.met: list[int] = []

    def run(self, _outputs: object, feeds: dict[str, Matrix], _options: object) -> list[npt.NDArray[Any]]:
        rows = len(feeds["features"])
        end = time.thread_time() + self._seconds * rows + (0.0 if self.met else self._first)
        self.met.append(rows)
        while time.thread_time() < end:
            pass
        return [np.zeros(rows, np.int64), np.zeros((rows, CLASSES), np.float32)]


def test_it_knows_how_long_rows_will_take() -> None:
    asked = predictor(None)
    assert asked.seconds(10_000) == 0.0
    asked._session = Model(seconds=1e-5)
    asked.measure(np.zeros((3, FEATURES), np.float32))
    assert asked.seconds(1000) >= 0.01
    assert asked._session.met == [3, 3, 512]


def test_what_a_first_run_takes_longer_does_not_count_for_its_rows() -> None:
    asked = predictor(None)
    asked._session = Model(seconds=1e-6, first=0.02)
    asked.measure(np.zeros((3, FEATURES), np.float32))
    assert asked.seconds(100) < 0.002, "a run that takes 0.1 ms stays on the event loop"


def test_a_slow_model_is_measured_with_few_rows() -> None:
    asked = predictor(None)
    asked._session = Model(seconds=1e-3)
    asked.measure(np.zeros((3, FEATURES), np.float32))
    assert asked.seconds(1000) >= 1.0
    assert asked._session.met == [3, 3]
