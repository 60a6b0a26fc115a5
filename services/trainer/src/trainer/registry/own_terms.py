"""The registered model in the terms of the user's table: class names for answers, the table's column types for rows.

The served graph and the candidates work with the index of a class. An MLflow client that loads the registered model
knows only the table, so it gets what stands in the table's target column.
"""

import copy
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from mlflow.models import ModelSignature, infer_signature
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder

from trainer.bundle.threshold_model import deciding
from trainer.decision import Decision


def typed_names(classes: Sequence[str]) -> npt.NDArray[Any]:
    """The classes as the table has them: integers where all of them are written as integers, else texts."""
    try:
        integers = [int(name) for name in classes]
    except ValueError:
        return np.array(classes, dtype=str)
    exact = [str(number) for number in integers] == list(classes)
    return np.array(integers if exact else list(classes))


def answering_names(
    pipeline: Pipeline, classes: Sequence[str], rows: pd.DataFrame, decision: Decision | None = None
) -> Any:
    """The model of `most_probable`, and with a `decision` in a wrapper that answers by it."""
    model = most_probable(pipeline, classes, rows)
    return model if decision is None else deciding(model, decision, typed_names(classes).tolist()[decision.place])


def most_probable(pipeline: Pipeline, classes: Sequence[str], rows: pd.DataFrame) -> Any:
    """The fitted `pipeline` of class indices as a model that answers class names; a regression's as it is.

    The two are compared on `rows`. Most estimators look their answer up in `classes_`. One that does not is wrapped in
    a vote whose only voter it is, which answers the most probable class.
    """
    if not classes:
        return pipeline
    names = typed_names(classes)
    wanted = names[pipeline.predict(rows).astype(int)].tolist()
    named = copy.deepcopy(pipeline)
    try:
        named[-1].classes_ = names
        if named.predict(rows).tolist() == wanted:
            return named
    except (AttributeError, TypeError, ValueError):
        pass  # its classes can't be set, or it computes with them
    vote = VotingClassifier([("model", pipeline)], voting="soft")
    vote.estimators_, vote.named_estimators_ = [pipeline], {"model": pipeline}
    vote.le_ = LabelEncoder()
    vote.le_.classes_ = vote.classes_ = names
    return vote


def signature(example: pd.DataFrame, answers: npt.NDArray[Any]) -> ModelSignature:
    """The signature of a model for rows like `example`: MLflow's types of the table's columns and of the answers.

    Integers are `long`, so that the table's own column fits. Integers that may be missing are float64 in pandas, and so
    `double`.
    """
    with integers_as_they_are():
        return infer_signature(example, answers)


@contextmanager
def integers_as_they_are() -> Iterator[None]:
    """Without MLflow's advice to write integers as doubles: doubles do not take a column of integers."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?s).*integer column", UserWarning)
        yield
