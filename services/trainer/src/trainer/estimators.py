"""The estimators that params.yaml may name. One row each says everything the trainer has to know about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

Leaves = Literal["votes", "means", "scores", "sums"]
"""How the leaves of an ensemble add up; `trainer.bundle.sharpen` writes each kind in float64.

votes: shares of the classes, averaged; means: values, averaged; scores: added to a start, then made probabilities;
sums: values, added to a start.
"""


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
    leaves: Leaves | None = None
    """None: no trees. skl2onnx converts every row of this table; trees keep float64 thresholds by being rewritten."""

    def made(self, name: str) -> Any:
        """A new one of that class, with its own defaults."""
        return getattr(import_module(self.module), name)()


_ENSEMBLE, _LINEAR = "sklearn.ensemble", "sklearn.linear_model"
ESTIMATORS: Mapping[str, Estimator] = {
    "LogisticRegression": Estimator(_LINEAR, "classification", scaled=True),
    "RandomForestClassifier": Estimator(_ENSEMBLE, "classification", threads=True, leaves="votes"),
    "ExtraTreesClassifier": Estimator(_ENSEMBLE, "classification", threads=True, leaves="votes"),
    "GradientBoostingClassifier": Estimator(_ENSEMBLE, "classification", leaves="scores"),
    "HistGradientBoostingClassifier": Estimator(_ENSEMBLE, "classification", gaps=True, doubles=True, leaves="scores"),
    "GaussianNB": Estimator("sklearn.naive_bayes", "classification", scaled=True),
    "MLPClassifier": Estimator("sklearn.neural_network", "classification", scaled=True),
    "Ridge": Estimator(_LINEAR, "regression", scaled=True),
    "ElasticNet": Estimator(_LINEAR, "regression", scaled=True),
    "RandomForestRegressor": Estimator(_ENSEMBLE, "regression", threads=True, leaves="means"),
    "ExtraTreesRegressor": Estimator(_ENSEMBLE, "regression", threads=True, leaves="means"),
    "GradientBoostingRegressor": Estimator(_ENSEMBLE, "regression", leaves="sums"),
    "HistGradientBoostingRegressor": Estimator(_ENSEMBLE, "regression", gaps=True, doubles=True, leaves="sums"),
    "MLPRegressor": Estimator("sklearn.neural_network", "regression", scaled=True),
}


def estimators_for(task: str) -> list[str]:
    return [name for name, one in ESTIMATORS.items() if one.task == task]
