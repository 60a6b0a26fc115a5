"""Every row of the table of estimators answers in ONNX as in its own library."""

import pytest

from tests.support.matrix import candidate, cases, fitted, proved, table
from trainer.contract.encoded_places import width
from trainer.conversion.convert import to_onnx
from trainer.estimators import ESTIMATORS
from trainer.workspace import canonical


@pytest.mark.parametrize(("name", "classes", "kind"), cases())
def test_the_served_model_answers_as_the_estimator(name: str, classes: int, kind: str) -> None:
    drawn = table(kind, classes, rows=150)
    found = proved(fitted(candidate(name), drawn), drawn, random_rows=300)
    assert found.rows == 450
    assert found.largest_difference <= 1e-5


@pytest.mark.parametrize("name", ESTIMATORS)
def test_two_trainings_on_the_same_rows_give_the_same_bytes(name: str) -> None:
    """A bundle is named by the hash of its files: of these two, and of others that hold figures of the table."""
    drawn = table("categories", 3 if ESTIMATORS[name].task == "classification" else 0, rows=120)
    columns = sum(map(width, drawn.contract.columns))
    first, second = (fitted(candidate(name), drawn) for _ in range(2))
    classes = len(drawn.contract.target.classes)
    assert to_onnx(first, columns, classes) == to_onnx(second, columns, classes)
    assert canonical.dump(first) == canonical.dump(second)
