"""The latency by which candidates are compared."""

import numpy as np
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from trainer.bundle.servable import p99_of, slowest_ms
from trainer.contract.contract import Contract


class Steps:
    """A model whose n-th run takes as many milliseconds as `taken` says."""

    def __init__(self, *taken: float) -> None:
        self._taken = iter(taken)
        self.now = 0.0

    def run(self, _outputs: None, _inputs: dict[str, object]) -> None:
        self.now += next(self._taken) / 1000

    def clock(self) -> float:
        return self.now


def test_each_row_counts_with_its_best_run_so_that_a_busy_machine_slows_no_model_down() -> None:
    model = Steps(*[0.0] * 20, 2, 900, 3, 5, 4, 700)
    found = slowest_ms(model, np.zeros((2, 3), np.float32), clock=model.clock)
    assert np.isclose(found, np.quantile([2, 4], 0.99))


def test_a_candidate_that_can_be_converted_has_a_p99_and_one_that_can_not_has_none(
    iris: Contract,
) -> None:
    found = load_iris(as_frame=True)
    rows, labels = found.data.set_axis(list(iris.features), axis="columns"), found.target
    linear = Pipeline([("model", LogisticRegression(max_iter=500))]).fit(rows, labels)
    milliseconds = p99_of(linear, rows, iris)
    assert milliseconds is not None
    assert 0 < milliseconds < 1000
    assert p99_of(Pipeline([("model", DummyClassifier())]).fit(rows, labels), rows, iris) is None
