"""The estimators that params.yaml may name. One row each says everything the trainer has to know about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal


@dataclass(frozen=True)
class Estimator:
    module: str
    """Of scikit-learn. It is imported when it is used: that takes seconds."""
    task: Literal["classification", "regression"]
    scaled: bool = False
    """Whether a StandardScaler stands before it."""
    gaps: bool = False
    """Whether it learns from missing numbers itself; for the others they are filled."""
    doubles: bool = False
    """Whether it compares its input in float64. It is then fitted on the float32 values that the served model gets."""
    threads: bool = False
    """Whether it is fitted in several threads, with the same result."""

    def made(self, name: str) -> Any:
        """A new one of that class, with its own defaults."""
        return getattr(import_module(self.module), name)()


_ENSEMBLE, _LINEAR = "sklearn.ensemble", "sklearn.linear_model"
ESTIMATORS: Mapping[str, Estimator] = {
    "LogisticRegression": Estimator(_LINEAR, "classification", scaled=True),
    "RandomForestClassifier": Estimator(_ENSEMBLE, "classification", threads=True),
    "ExtraTreesClassifier": Estimator(_ENSEMBLE, "classification", threads=True),
    "GradientBoostingClassifier": Estimator(_ENSEMBLE, "classification"),
    "HistGradientBoostingClassifier": Estimator(_ENSEMBLE, "classification", gaps=True, doubles=True),
    "GaussianNB": Estimator("sklearn.naive_bayes", "classification", scaled=True),
    "MLPClassifier": Estimator("sklearn.neural_network", "classification", scaled=True),
    "Ridge": Estimator(_LINEAR, "regression", scaled=True),
    "ElasticNet": Estimator(_LINEAR, "regression", scaled=True),
    "RandomForestRegressor": Estimator(_ENSEMBLE, "regression", threads=True),
    "ExtraTreesRegressor": Estimator(_ENSEMBLE, "regression", threads=True),
    "GradientBoostingRegressor": Estimator(_ENSEMBLE, "regression"),
    "HistGradientBoostingRegressor": Estimator(_ENSEMBLE, "regression", gaps=True, doubles=True),
    "MLPRegressor": Estimator("sklearn.neural_network", "regression", scaled=True),
}


def estimators_for(task: str) -> list[str]:
    return [name for name, one in ESTIMATORS.items() if one.task == task]
