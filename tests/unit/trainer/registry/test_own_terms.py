"""The registered model answers the table's own classes, and takes the table's own columns."""

from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.data.pandas_dataset import from_pandas
from mlflow.exceptions import MlflowException
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from trainer.registry.own_terms import answering_names, integers_as_they_are, signature
from trainer.registry.registry import TRUSTED_TYPES

DIGITS, SIZES = ["1", "2", "3"], ["small", "large", "huge"]
ROWS = pd.DataFrame({"rooms": np.arange(60) % 9, "heat": np.linspace(0, 10, 60)})
LABELS = np.arange(60) // 20
ESTIMATORS = [
    LogisticRegression(),
    RandomForestClassifier(10, random_state=1),
    GradientBoostingClassifier(n_estimators=5, random_state=1),
    HistGradientBoostingClassifier(max_iter=5, random_state=1),
]


class Stubborn(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types
    """An estimator that does not look its answers up in its classes."""

    def predict(self, rows: Any) -> Any:
        return super().predict_proba(rows).argmax(axis=1)


def fitted(estimator: Any) -> Pipeline:
    return Pipeline([("scale", StandardScaler()), ("model", estimator)]).fit(ROWS, LABELS)


@pytest.mark.parametrize("estimator", [*ESTIMATORS, Stubborn()], ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(("classes", "names"), [(DIGITS, [1, 2, 3]), (SIZES, SIZES)])
def test_the_model_answers_the_tables_own_classes(estimator: Any, classes: list[str], names: list[Any]) -> None:
    pipeline = fitted(estimator)
    model = answering_names(pipeline, classes, ROWS)
    assert isinstance(model, VotingClassifier) == isinstance(estimator, Stubborn)
    assert model.predict(ROWS).tolist() == [names[label] for label in pipeline.predict(ROWS)]
    assert model.classes_.tolist() == names
    np.testing.assert_array_equal(model.predict_proba(ROWS), pipeline.predict_proba(ROWS))
    assert set(pipeline.predict(ROWS)) <= {0, 1, 2}


def test_a_column_of_integers_is_recorded_without_a_warning() -> None:
    with integers_as_they_are():
        recorded = from_pandas(ROWS, targets="heat", digest="1").schema
    assert recorded is not None


def test_a_regression_is_left_as_it_is() -> None:
    pipeline = Pipeline([("model", Ridge())]).fit(ROWS, LABELS)
    assert answering_names(pipeline, [], ROWS) is pipeline


# MLflow warns about a type of its own when its pyfunc is imported.
@pytest.mark.filterwarnings("ignore:.*AnyType:UserWarning")
def test_the_loaded_model_takes_the_tables_own_integers_and_refuses_broken_ones(tmp_path: Path) -> None:
    model = answering_names(fitted(LogisticRegression()), DIGITS, ROWS)
    mlflow.sklearn.save_model(
        model,
        tmp_path / "model",
        serialization_format="skops",
        skops_trusted_types=TRUSTED_TYPES,
        signature=signature(ROWS.head(5), model.predict(ROWS.head(5))),
        pip_requirements=[],
    )
    loaded = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    assert [str(one.type) for one in loaded.metadata.signature.inputs] == ["DataType.long", "DataType.double"]
    assert loaded.predict(ROWS).tolist() == model.predict(ROWS).tolist()
    with pytest.raises(MlflowException, match="rooms"):
        loaded.predict(ROWS.assign(rooms=2.5))
