"""From a candidate of params.yaml to scikit-learn pipelines, preprocessing inside: who has the model has it all."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import InvalidParameterError

from trainer.contract.columns import Column
from trainer.errors import ParamsError
from trainer.estimators import ESTIMATORS
from trainer.params import Candidate, Value
from trainer.training.preparation import is_plain, preparation, single

OURS = {"random_state", "n_jobs", "verbose", "warm_start"}
"""Arguments that params.yaml does not set."""


def build(
    candidate: Candidate, seed: int, chosen: dict[str, Value] | None = None, columns: Sequence[Column] = ()
) -> Pipeline:
    """An unfitted pipeline for a frame of `columns`; its last step is named `model`.

    `chosen` is one combination of the grid. Raises ParamsError for an argument that the estimator doesn't have, and for
    a value outside its range.
    """
    row = ESTIMATORS[candidate.estimator]
    estimator = row.made(candidate.estimator)
    arguments = {**candidate.settings, **(chosen or {})}
    known = set(estimator.get_params()) - OURS
    if unknown := sorted(set(arguments) - known):
        has = f"it has {', '.join(sorted(known))}"
        raise ParamsError(f"params.yaml: {candidate.estimator} has no argument {', '.join(unknown)}; {has}")
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=seed)
    estimator.set_params(**arguments)
    try:
        estimator._validate_params()  # noqa: SLF001 - scikit-learn has no public name for it
    except InvalidParameterError as error:
        raise ParamsError(f"params.yaml: {error}") from error
    steps = [("scale", StandardScaler())] if row.scaled else []
    if not is_plain(columns):
        steps = preparation(columns, row, seed)
    elif row.doubles:
        steps = [("single", single())]
    return Pipeline([*steps, ("model", estimator)])


def fit(pipeline: Pipeline, features: pd.DataFrame, labels: npt.NDArray[Any]) -> Pipeline:
    """Fit it, with all processors where the estimator can and gives the same result; the pipeline keeps one thread.

    Several threads would answer with sums in another order each time.
    """
    row = ESTIMATORS.get(type(pipeline.named_steps["model"]).__name__)
    threads = row is not None and row.threads
    if threads:
        pipeline.set_params(model__n_jobs=-1)
    pipeline.fit(features, labels)
    if threads:
        pipeline.set_params(model__n_jobs=None)
    return pipeline


def combinations(candidate: Candidate) -> Iterator[dict[str, Value]]:
    """Every combination of the grid, in the order of the file; one empty combination where there is no grid."""
    for values in product(*candidate.grid.values()):
        yield dict(zip(candidate.grid, values, strict=True))
