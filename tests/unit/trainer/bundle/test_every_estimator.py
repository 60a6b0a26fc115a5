"""Every row of the table of estimators answers in ONNX as in its own library."""

import pytest

from tests.support.matrix import candidate, cases, fitted, proved, table


@pytest.mark.parametrize(("name", "classes", "kind"), cases())
def test_the_served_model_answers_as_the_estimator(name: str, classes: int, kind: str) -> None:
    drawn = table(kind, classes, rows=150)
    found = proved(fitted(candidate(name), drawn), drawn, random_rows=300)
    assert found.rows == 450
    assert found.largest_difference <= 1e-5
