"""Builds scikit-learn pipelines from a candidate of params.yaml; the preprocessing is part of the pipeline."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import has_fit_parameter

from trainer.candidates import Candidate, Value
from trainer.contract.columns import Column
from trainer.errors import ParamsError
from trainer.estimators import ESTIMATORS, Estimator, Task
from trainer.training.estimator_arguments import estimator_with
from trainer.training.own_estimators import own_estimator
from trainer.training.preparation import is_plain, preparation, single


@dataclass(frozen=True)
class Table:
    """The facts of the table that a pipeline is built for."""

    columns: Sequence[Column] = ()
    classes: Sequence[str] = ()
    task: Task = "classification"
    root: Path = Path()
    """The folder that has models/."""


def build(
    candidate: Candidate,
    seed: int,
    chosen: dict[str, Value] | None = None,
    columns: Sequence[Column] = (),
    table: Table | None = None,
) -> Pipeline:
    """An unfitted pipeline for a frame of `columns`; its last step is named `model`.

    `chosen` is one combination of the grid. Raises ParamsError for an argument that the estimator doesn't have, and for
    a value outside its range.
    """
    table = table or Table(columns)
    arguments = {**candidate.settings, **(chosen or {})}
    if candidate.is_own:
        estimator = own_estimator(candidate.estimator, arguments, table.task, table.root)
        seeded = {name: seed for name, value in estimator.get_params().items() if _is_seed(name) and value is None}
        estimator.set_params(**seeded)
        row = Estimator("", table.task, candidate.estimator, gaps=_takes_gaps(estimator), doubles=True)
    else:
        row = ESTIMATORS[candidate.estimator]
        estimator = estimator_with(candidate, arguments, seed, table.classes)
        if candidate.of:
            inner = [ESTIMATORS[one.estimator] for one in candidate.of]
            row = replace(row, gaps=all(one.gaps for one in inner), doubles=any(one.doubles for one in inner))
    steps = [("scale", StandardScaler())] if row.scaled else []
    if not is_plain(table.columns):
        steps = preparation(table.columns, row, seed)
    elif row.doubles:
        steps = [("single", single())]
    return Pipeline([*steps, ("model", estimator)])


def fit(
    pipeline: Pipeline, features: pd.DataFrame, labels: npt.NDArray[Any], weights: npt.NDArray[np.float64] | None = None
) -> Pipeline:
    """Fit it, with all processors where the estimator can and gives the same result; the pipeline keeps one thread.

    Several threads would answer with sums in another order each time. `weights` holds how much each of the n rows
    counts; without it all count the same.
    """
    model = pipeline.named_steps["model"]
    row, asked = ESTIMATORS.get(type(model).__name__), model.get_params().get("n_jobs")
    if row is not None and row.threads and asked is None:
        pipeline.set_params(model__n_jobs=-1)
    if weights is None:
        pipeline.fit(features, labels)
    else:
        pipeline.fit(features, labels, model__sample_weight=weights)
    if row is not None and "n_jobs" in model.get_params():
        pipeline.set_params(model__n_jobs=row.fixed.get("n_jobs"))
    return pipeline


def check_weights(name: str, pipeline: Pipeline) -> None:
    """Raises ParamsError where the estimator can't weigh rows."""
    if not _weighs(model := pipeline.named_steps["model"]):
        raise ParamsError(
            f"params.yaml: candidate {name}: {type(model).__name__} can't weigh rows; "
            "leave the candidate out, or take roles.weight out of data/contract.yaml"
        )


def _weighs(model: Any) -> bool:
    """One that holds others passes the weights on to each; scikit-learn's pipelines do not take them so."""
    held = [one for _, one in getattr(model, "estimators", None) or []]
    held += [
        getattr(model, part) for part in ("estimator", "final_estimator") if getattr(model, part, None) is not None
    ]
    return has_fit_parameter(model, "sample_weight") and all(map(_weighs, held))


def _is_seed(name: str) -> bool:
    return name == "random_state" or name.endswith("__random_state")


def _takes_gaps(estimator: BaseEstimator) -> bool:
    return bool(estimator.__sklearn_tags__().input_tags.allow_nan)
