"""Each setting of LightGBM and XGBoost that changes an answer: the served graph is right, or refused with a way out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.pipeline import Pipeline

from tests.support.boosted_settings import NAMED, RIGHT, STOPPED, Numbers, extreme, fitted, light
from trainer.bundle.parity import run
from trainer.bundle.reasons import reasons_of
from trainer.contract.columns import Number
from trainer.conversion.convert import to_onnx
from trainer.errors import UnconvertibleError

ODD = [-7.0, -1.0, -0.9, -0.5, -0.0, 0.0, 1e-36, 0.5, 1.0, 2.7, 31.0, 32.0, 33.0, 63.0, 64.0, 65.0, 99.5, 250.0, 1e9]
"""Sentinels, zeros, fractions of categories, the ends of words of bits, and what no training row had."""


def asked(rows: Numbers) -> Numbers:
    """The rows of the table, their neighbours in float32, and odd values in each column."""
    draw = np.random.default_rng(6)
    near = [np.nextafter(rows.astype(np.float32), np.float32(way)).astype(np.float64) for way in (-np.inf, np.inf)]
    odd = rows[draw.integers(0, len(rows), 1000)].copy()
    where = draw.random(odd.shape) < 0.5
    odd[where] = draw.choice([*ODD, np.nan], int(where.sum()))
    return np.concatenate([rows, *near, odd.astype(np.float32).astype(np.float64)])


def compared(model: Any, rows: Numbers, classes: int) -> None:
    served = to_onnx(Pipeline([("model", model)]), rows.shape[1], classes)
    questions = asked(rows)
    if not classes:
        (values,) = run(served, questions.astype(np.float32), ["value"])
        np.testing.assert_allclose(values, model.predict(questions), rtol=1e-6, atol=1e-5)
        return
    labels, shares = run(served, questions.astype(np.float32), ["label", "probabilities"])
    expected = model.predict_proba(questions)
    np.testing.assert_allclose(shares, expected, rtol=0, atol=1e-5)
    at = np.arange(len(questions))
    assert (np.abs(expected[at, labels] - expected.max(axis=1)) <= 1e-9).all()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("gaps", [False, True], ids=["whole", "gaps"])
@pytest.mark.parametrize("name", RIGHT)
def test_the_served_graph_answers_as_the_library(name: str, gaps: bool) -> None:
    make, classes = RIGHT[name]
    model, rows = fitted(make, classes, gaps=gaps and "scaler" not in name)
    compared(model, rows, classes)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMED)
def test_what_has_no_graph_is_refused_with_a_way_out(name: str) -> None:
    make, classes, found = NAMED[name]
    model, rows = fitted(make, classes, gaps=False)
    with pytest.raises(UnconvertibleError, match=found):
        to_onnx(Pipeline([("model", model)]), rows.shape[1], classes)


def test_a_training_that_ended_early_is_known_from_the_librarys_own_file(tmp_path: Path) -> None:
    """The file has all trees, and the number of those that answer."""
    model, rows = fitted(extreme(**STOPPED), 2, gaps=True)
    assert model.best_iteration + 3 == model.get_booster().num_boosted_rounds()
    model.save_model(tmp_path / "model.json")
    again = xgboost.XGBClassifier()
    again.load_model(tmp_path / "model.json")
    compared(again, rows, 2)


@pytest.mark.parametrize(
    ("make", "why"),
    [(extreme(missing=0.0), "takes 0 for a missing value"), (light(categorical_feature=[1]), "are not whole")],
)
@pytest.mark.filterwarnings("ignore")
def test_reasons_that_would_be_of_other_rows_are_left_out(make: Callable[[], Any], why: str) -> None:
    model, rows = fitted(make, 2, gaps=False)
    columns = [
        Number(name=f"x{at}", dtype="float64", minimum=-1e10, maximum=1e10, unit="", description="") for at in range(4)
    ]
    frame = pd.DataFrame(rows, columns=[one.name for one in columns])
    found = reasons_of(Pipeline([("model", model)]), frame, columns)
    assert found.content is None
    assert why in found.section["why"]
