"""The estimators that params.yaml may name. One row each says everything the trainer has to know about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

from trainer.ranges import EXTREME, EXTREME_OF, LAYERS, LIGHT, LIGHT_OF, MACHINE, ROUNDS, Range

Task = Literal["classification", "regression"]
Form = Literal["alone", "without probabilities", "of one", "of several"]
Space = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Estimator:
    """An estimator that params.yaml can name."""

    module: str
    """It is imported when it is used: that takes seconds."""
    task: Task
    words: str
    """Its name for people. Where it holds others, theirs replace the last words, `model` or `several models`."""
    scaled: bool = False
    """Whether a StandardScaler stands before it."""
    gaps: bool = False
    """Whether it learns from missing numbers itself; for the others they are filled."""
    doubles: bool = False
    """Whether it is fitted on the float32 values that the served model gets, because it would compare float64."""
    threads: bool = False
    """Whether it is fitted in several threads, with the same result."""
    thresholds: Literal["", "float64", "float32"] = ""
    """The type in which the served model compares and adds, as the library does; empty without trees."""
    form: Form = "alone"
    """`without probabilities`: it stands inside CalibratedClassifierCV. `of …`: params.yaml names others under `of`."""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Arguments that the trainer sets unless params.yaml does."""
    ranges: Mapping[str, Range] = field(default_factory=dict)
    """Ranges of the settings that the library does not check before it trains."""
    space: Space = field(default_factory=dict)
    """Ranges that `search` draws from, on a logarithmic scale; whole numbers where both ends are."""

    def made(self, name: str) -> Any:
        """A new one of that class, with its own defaults. Raises ImportError where its library is not installed."""
        return getattr(import_module(self.module), name)(**self.fixed)


_LINEAR: Space = {"C": (1e-3, 1e3)}
_RIDGE: Space = {"alpha": (1e-3, 1e3)}
_FOREST: Space = {"n_estimators": (20, 200), "max_leaf_nodes": (15, 500), "min_samples_leaf": (1, 50)}
_GRADIENT: Space = {"learning_rate": (0.02, 0.3), "n_estimators": (20, 200), "max_depth": (2, 6)}
_HISTOGRAM: Space = {"learning_rate": (0.02, 0.3), "max_leaf_nodes": (7, 63), "min_samples_leaf": (5, 100)}
_LIGHT: Space = {"learning_rate": (0.02, 0.3), "num_leaves": (7, 63), "min_child_samples": (5, 100)}
_EXTREME: Space = {"learning_rate": (0.02, 0.3), "max_depth": (2, 8), "min_child_weight": (1, 20)}
_NETWORK: Space = {"alpha": (1e-5, 1.0), "learning_rate_init": (1e-4, 0.05)}
_MACHINE: Space = {"C": (1e-2, 1e2)}
_KNN: Space = {"n_neighbors": (1, 50)}
# The same rows give the same trees, whatever the number of threads.
_OF_LIGHT = {"verbose": -1, "n_jobs": 1, "deterministic": True, "force_row_wise": True}
_OF_EXTREME = {"verbosity": 0, "n_jobs": 1}


def _both(name: str, module: str, words: str, **row: Any) -> dict[str, Estimator]:
    """The two rows of a family that has a class for each task."""
    return {
        f"{name}Classifier": Estimator(module, "classification", words, **row),
        f"{name}Regressor": Estimator(module, "regression", words, **row),
    }


def _light(task: Task) -> Estimator:
    return Estimator(
        "lightgbm", task, "boosted trees (LightGBM)", gaps=True, doubles=True, thresholds="float64", fixed=_OF_LIGHT,
        ranges={**LIGHT, **LIGHT_OF[task]}, space=_LIGHT,
    )  # fmt: skip


def _extreme(task: Task) -> Estimator:
    return Estimator(
        "xgboost", task, "boosted trees (XGBoost)", gaps=True, doubles=True, thresholds="float32", fixed=_OF_EXTREME,
        ranges={**EXTREME, **EXTREME_OF[task]}, space=_EXTREME,
    )  # fmt: skip


_TREES: dict[str, Any] = {"threads": True, "thresholds": "float64", "space": _FOREST}
_MODEL, _ENSEMBLE, _SVM = "sklearn.linear_model", "sklearn.ensemble", "sklearn.svm"
ESTIMATORS: Mapping[str, Estimator] = {
    "LogisticRegression": Estimator(
        _MODEL, "classification", "logistic regression", scaled=True, ranges=ROUNDS, space=_LINEAR
    ),
    "Ridge": Estimator(_MODEL, "regression", "ridge regression", scaled=True, space=_RIDGE),
    "ElasticNet": Estimator(_MODEL, "regression", "elastic net", scaled=True, space=_RIDGE),
    **_both("RandomForest", _ENSEMBLE, "random forest", **_TREES),
    **_both("ExtraTrees", _ENSEMBLE, "extremely randomised trees", **_TREES),
    **_both("GradientBoosting", _ENSEMBLE, "gradient boosting", thresholds="float64", space=_GRADIENT),
    **_both(
        "HistGradientBoosting", _ENSEMBLE, "histogram gradient boosting", gaps=True, doubles=True,
        thresholds="float64", space=_HISTOGRAM,
    ),
    "LGBMClassifier": _light("classification"),
    "LGBMRegressor": _light("regression"),
    "XGBClassifier": _extreme("classification"),
    "XGBRegressor": _extreme("regression"),
    **_both("MLP", "sklearn.neural_network", "neural network", scaled=True, ranges=LAYERS, space=_NETWORK),
    "SVC": Estimator(
        _SVM, "classification", "support vectors, calibrated", scaled=True, form="without probabilities",
        ranges=MACHINE, space=_MACHINE,
    ),
    "LinearSVC": Estimator(
        _SVM, "classification", "linear support vectors, calibrated", scaled=True, form="without probabilities",
        ranges=ROUNDS, space=_MACHINE,
    ),
    "SVR": Estimator(_SVM, "regression", "support vector regression", scaled=True, ranges=MACHINE, space=_MACHINE),
    "LinearSVR": Estimator(
        _SVM, "regression", "linear support vector regression", scaled=True,
        ranges={**ROUNDS, "epsilon": Range(0)}, space=_MACHINE,
    ),
    **_both("KNeighbors", "sklearn.neighbors", "nearest neighbours", scaled=True, space=_KNN),
    "GaussianNB": Estimator("sklearn.naive_bayes", "classification", "naive Bayes", scaled=True),
    **_both(
        "Voting", _ENSEMBLE, "vote of several models", form="of several",
        ranges={"voting": Range(words=("soft",)), "weights": Range(0, listed=True)},
    ),
    **_both("Stacking", _ENSEMBLE, "stack of several models", form="of several"),
    "CalibratedClassifierCV": Estimator("sklearn.calibration", "classification", "calibrated model", form="of one"),
}  # fmt: skip
_FAMILIES = (
    *("RandomForest", "ExtraTrees", "GradientBoosting", "HistGradientBoosting", "MLP", "KNeighbors"),
    *("Voting", "Stacking"),
)
FAMILIES: Mapping[str, Mapping[str, str]] = {
    **{name: {"classification": f"{name}Classifier", "regression": f"{name}Regressor"} for name in _FAMILIES},
    "LightGBM": {"classification": "LGBMClassifier", "regression": "LGBMRegressor"},
    "XGBoost": {"classification": "XGBClassifier", "regression": "XGBRegressor"},
    "SupportVectors": {"classification": "SVC", "regression": "SVR"},
    "Calibrated": {"classification": "CalibratedClassifierCV"},
}
"""Names that mean a class for each task."""


def estimators_for(task: str) -> list[str]:
    """The names of the estimators for a task."""
    return [name for name, one in ESTIMATORS.items() if one.task == task]


def class_for(name: str, task: str) -> str | None:
    """The row's name for the task; None where the estimator is for the other one."""
    found = FAMILIES.get(name, {}).get(task, name)
    return found if found in ESTIMATORS and ESTIMATORS[found].task == task else None


def is_listed(model: Any) -> bool:
    """Whether a fitted estimator is of a class that the table trains, not of one that has its name or is made from it.

    Those without probabilities are trained inside CalibratedClassifierCV.
    """
    row = ESTIMATORS.get(type(model).__name__)
    return row is not None and row.form != "without probabilities" and type(model).__module__.startswith(row.module)


def in_words(name: str) -> str:
    """An estimator's name for people; a class that is not in the table keeps its own."""
    if ":" in name:
        return f"own estimator {name}"
    return ESTIMATORS[name].words if name in ESTIMATORS else name
