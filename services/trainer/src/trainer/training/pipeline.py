"""Builds scikit-learn pipelines from a candidate of params.yaml; the preprocessing is part of the pipeline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.validation import has_fit_parameter

from trainer.candidates import Candidate, Inner, Value
from trainer.contract.columns import Column
from trainer.errors import ParamsError
from trainer.estimators import ESTIMATORS, Estimator, Task
from trainer.ranges import ALL
from trainer.training.own import own_estimator
from trainer.training.preparation import is_plain, preparation, single

OURS = {
    *("random_state", "verbose", "verbosity", "warm_start", "estimators", "estimator", "final_estimator"),
    # Of XGBoost; they need a table of their own, or one that is not all numbers.
    *("early_stopping_rounds", "callbacks", "eval_metric", "enable_categorical", "feature_types"),
}
"""Arguments that params.yaml does not set."""


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
        estimator = _made(candidate, arguments, seed, table.classes)
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


def _made(candidate: Candidate | Inner, arguments: dict[str, Value], seed: int, classes: Sequence[str]) -> Any:
    """The estimator with its settings, checked, and with those inside it."""
    name, row = candidate.estimator, ESTIMATORS[candidate.estimator]
    estimator = _with_parts(candidate, row, seed, classes)
    known = set(estimator.get_params(deep=False)) - OURS - ({"class_weight"} if row.task == "regression" else set())
    if unknown := sorted(set(arguments) - known):
        raise ParamsError(
            f"params.yaml: {name} has no argument {', '.join(unknown)}; it has {', '.join(sorted(known))}"
        )
    ranges = {**ALL, **row.ranges}
    for argument, value in arguments.items():
        if argument == "class_weight" and isinstance(value, Mapping):
            continue
        if argument in ranges and value is not None and (why := ranges[argument].refusal(value)):
            raise ParamsError(f"params.yaml: {argument} of {name} {why}. Got {value!r}")
    _check_votes(candidate, arguments)
    if "random_state" in estimator.get_params(deep=False):
        estimator.set_params(random_state=seed)
    estimator.set_params(**{key: _by_index(key, value, classes) for key, value in arguments.items()})
    _check(estimator)
    if row.form == "without probabilities":
        return CalibratedClassifierCV(estimator, ensemble=False)
    return estimator


def _check_votes(candidate: Candidate | Inner, arguments: Mapping[str, Value]) -> None:
    """Raises ParamsError where a vote has not one weight for each estimator under `of`."""
    inside = candidate.of if isinstance(candidate, Candidate) else None
    weights = arguments.get("weights")
    if not inside or not isinstance(weights, list):
        return
    if len(weights) != len(inside) or not any(weights):
        raise ParamsError(
            f"params.yaml: weights of {candidate.estimator} must be {len(inside)} numbers, one for each estimator "
            f"under `of`, and not all 0. Got {weights!r}"
        )


def _with_parts(candidate: Candidate | Inner, row: Estimator, seed: int, classes: Sequence[str]) -> Any:
    name = candidate.estimator
    try:
        if not isinstance(candidate, Candidate) or not candidate.of:
            return row.made(name)
        parts = [_part(one, seed, classes) for one in candidate.of]
        kind = getattr(__import__(row.module, fromlist=[name]), name)
    except ImportError as error:
        raise ParamsError(f"params.yaml: {name} needs the extra `boosted` of the trainer: {error}") from error
    if row.form == "of one":
        return kind(parts[0])
    # Probabilities, so that every estimator inside has its say in them.
    soft = {"voting": "soft"} if name == "VotingClassifier" else {}
    return kind([(f"part{place}", part) for place, part in enumerate(parts)], **soft)


def _part(inner: Inner, seed: int, classes: Sequence[str]) -> Any:
    row, made = ESTIMATORS[inner.estimator], _made(inner, dict(inner.settings), seed, classes)
    return Pipeline([("scale", StandardScaler()), ("model", made)]) if row.scaled else made


def _check(estimator: BaseEstimator) -> None:
    if not hasattr(estimator, "_parameter_constraints"):
        return
    try:
        estimator._validate_params()  # noqa: SLF001 - scikit-learn has no public name for it
    except InvalidParameterError as error:
        raise ParamsError(f"params.yaml: {error}") from error


def _by_index(argument: str, value: Value, classes: Sequence[str]) -> Any:
    """Weights of classes by their index, as the estimators know them; every other value as it is."""
    if argument != "class_weight" or not isinstance(value, Mapping) or not classes:
        return value
    weights = {str(name): weight for name, weight in value.items()}
    if unknown := sorted(set(weights) - set(classes)):
        raise ParamsError(f"params.yaml: class_weight names {', '.join(unknown)}; the classes are {', '.join(classes)}")
    if wrong := [name for name, one in weights.items() if not isinstance(one, int | float) or one < 0]:
        raise ParamsError(f"params.yaml: class_weight of {', '.join(wrong)} must be a number from 0 to inf")
    return {place: weights.get(name, 1.0) for place, name in enumerate(classes)}


def _is_seed(name: str) -> bool:
    return name == "random_state" or name.endswith("__random_state")


def _takes_gaps(estimator: BaseEstimator) -> bool:
    return bool(estimator.__sklearn_tags__().input_tags.allow_nan)
