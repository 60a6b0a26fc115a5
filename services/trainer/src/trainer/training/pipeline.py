"""From a candidate of params.yaml to scikit-learn pipelines, preprocessing inside: who has the model has it all."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from trainer.contract.columns import Column
from trainer.errors import ParamsError
from trainer.params import Candidate, Value
from trainer.training.preparation import is_plain, preparation

_ESTIMATORS: dict[str, Any] = {
    "LogisticRegression": LogisticRegression,
    "RandomForestClassifier": RandomForestClassifier,
    "GradientBoostingClassifier": GradientBoostingClassifier,
    "Ridge": Ridge,
    "RandomForestRegressor": RandomForestRegressor,
    "GradientBoostingRegressor": GradientBoostingRegressor,
}
_WANTS_SCALED = {"LogisticRegression", "Ridge"}


def build(
    candidate: Candidate, seed: int, chosen: dict[str, Value] | None = None, columns: Sequence[Column] = ()
) -> Pipeline:
    """An unfitted pipeline for a frame of `columns`; its last step is named `model`.

    `chosen` is one combination of the grid. Raises ParamsError for an argument that the estimator doesn't have.
    """
    estimator = _ESTIMATORS[candidate.estimator](random_state=seed)
    arguments = {**candidate.settings, **(chosen or {})}
    known = set(estimator.get_params()) - {"random_state", "n_jobs", "verbose", "warm_start"}
    if unknown := sorted(set(arguments) - known):
        has = f"it has {', '.join(sorted(known))}"
        raise ParamsError(f"params.yaml: {candidate.estimator} has no argument {', '.join(unknown)}; {has}")
    scaled = candidate.estimator in _WANTS_SCALED
    steps = [("scale", StandardScaler())] if scaled else []
    if not is_plain(columns):
        steps = preparation(columns, scaled=scaled)
    return Pipeline([*steps, ("model", estimator.set_params(**arguments))])


def combinations(candidate: Candidate) -> Iterator[dict[str, Value]]:
    """Every combination of the grid, in the order of the file; one empty combination where there is no grid."""
    for values in product(*candidate.grid.values()):
        yield dict(zip(candidate.grid, values, strict=True))
