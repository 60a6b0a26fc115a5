"""Estimators of scikit-learn's kind with settings drawn at random, most of them around or behind others."""

from collections.abc import Callable, Sequence
from typing import Any

import lightgbm
import numpy as np
import xgboost
from sklearn import (
    calibration,
    cluster,
    decomposition,
    discriminant_analysis,
    ensemble,
    feature_selection,
    impute,
    linear_model,
    model_selection,
    naive_bayes,
    neighbors,
    neural_network,
    preprocessing,
    svm,
    tree,
)
from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import FeatureUnion, make_pipeline

MOST_DEEP = 2
"""Estimators inside one another."""


class Draw:
    """One choice after the other from a generator."""

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator

    def of(self, choices: Sequence[Any]) -> Any:
        return choices[int(self._generator.integers(len(choices)))]

    def whole(self, low: int, high: int) -> int:
        return int(self._generator.integers(low, high + 1))

    def scale(self, low: float, high: float) -> float:
        """Evenly on a logarithmic scale."""
        return float(np.exp(self._generator.uniform(np.log(low), np.log(high))))

    def chance(self, share: float) -> bool:
        return bool(self._generator.random() < share)


def estimator(draw: Draw, classes: int, deep: int = 0) -> Any:
    """For that many classes, 0 of a regression; often behind steps, and sometimes around others."""
    if deep < MOST_DEEP and draw.chance(0.3):
        made = draw.of(AROUND_CLASSES if classes else AROUND_VALUES)(draw, classes, deep + 1)
    else:
        made = draw.of(CLASSES if classes else VALUES)(draw)
    if draw.chance(0.5):
        made = make_pipeline(*(draw.of(STEPS)(draw) for _ in range(draw.whole(1, 2))), made)
    return made


def _trees(kind: Any) -> Callable[[Draw], Any]:
    return lambda draw: kind(
        n_estimators=draw.whole(1, 15),
        max_depth=draw.of([None, 1, 3, 8]),
        min_samples_leaf=draw.whole(1, 10),
        max_features=draw.of([None, "sqrt", 1]),
        bootstrap=draw.chance(0.5),
        random_state=draw.whole(0, 99),
    )


def _boosted(kind: Any, losses: Sequence[str]) -> Callable[[Draw], Any]:
    return lambda draw: kind(
        loss=draw.of(losses),
        n_estimators=draw.whole(1, 20),
        learning_rate=draw.scale(0.02, 1),
        max_depth=draw.whole(1, 4),
        subsample=draw.of([1.0, 0.6]),
        random_state=0,
    )


def _histogram(kind: Any, losses: Sequence[str]) -> Callable[[Draw], Any]:
    def make(draw: Draw) -> Any:
        loss = draw.of(losses)
        return kind(
            loss=loss,
            max_iter=draw.whole(1, 15),
            learning_rate=draw.scale(0.02, 1),
            max_leaf_nodes=draw.whole(2, 31),
            min_samples_leaf=draw.whole(1, 20),
            max_bins=draw.of([255, 16]),
            **({"quantile": 0.7} if loss == "quantile" else {}),
        )

    return make


def _light(kind: Any) -> Callable[[Draw], Any]:
    return lambda draw: kind(
        n_estimators=draw.whole(1, 20),
        num_leaves=draw.whole(2, 31),
        min_child_samples=draw.whole(1, 20),
        boosting_type=draw.of(["gbdt", "dart", "rf"]),
        subsample=0.7,
        subsample_freq=1,
        linear_tree=draw.chance(0.1),
        verbose=-1,
        n_jobs=1,
    )


def _extreme(kind: Any) -> Callable[[Draw], Any]:
    return lambda draw: kind(
        n_estimators=draw.whole(1, 20),
        max_depth=draw.whole(1, 6),
        learning_rate=draw.scale(0.02, 1),
        booster=draw.of(["gbtree", "gbtree", "dart"]),
        subsample=draw.of([1.0, 0.6]),
        grow_policy=draw.of(["depthwise", "lossguide"]),
        n_jobs=1,
    )


def _network(kind: Any) -> Callable[[Draw], Any]:
    return lambda draw: kind(
        hidden_layer_sizes=draw.of([(3,), (5, 4)]),
        activation=draw.of(["relu", "tanh", "logistic", "identity"]),
        max_iter=20,
        random_state=0,
    )


def _neighbours(kind: Any) -> Callable[[Draw], Any]:
    return lambda draw: kind(
        n_neighbors=draw.whole(1, 9),
        weights=draw.of(["uniform", "distance"]),
        metric=draw.of(["euclidean", "manhattan"]),
    )


class Forest(ensemble.RandomForestClassifier):  # type: ignore[misc]
    """A user's own, which answers the rarest class."""

    def predict(self, rows: Any) -> Any:
        return np.zeros(len(rows), dtype=np.int64)


class Renamed(ensemble.RandomForestClassifier):  # type: ignore[misc]
    """A user's own under the name of the one that it changes."""

    def predict(self, rows: Any) -> Any:
        return np.zeros(len(rows), dtype=np.int64)


Renamed.__name__ = "RandomForestClassifier"

CLASSES: Sequence[Callable[[Draw], Any]] = (
    lambda draw: linear_model.LogisticRegression(C=draw.scale(1e-3, 1e3), max_iter=200),
    lambda draw: linear_model.SGDClassifier(loss=draw.of(["log_loss", "modified_huber"]), random_state=0),
    lambda draw: discriminant_analysis.LinearDiscriminantAnalysis(solver=draw.of(["svd", "lsqr"])),
    lambda draw: discriminant_analysis.QuadraticDiscriminantAnalysis(reg_param=draw.scale(0.01, 0.9)),
    lambda draw: naive_bayes.GaussianNB(var_smoothing=draw.scale(1e-9, 1e-1)),
    lambda draw: naive_bayes.BernoulliNB(alpha=draw.scale(0.01, 10)),
    lambda draw: tree.DecisionTreeClassifier(max_depth=draw.of([None, 2, 5]), random_state=0),
    lambda draw: ensemble.AdaBoostClassifier(n_estimators=draw.whole(1, 8), random_state=0),
    lambda draw: svm.NuSVC(nu=0.2, probability=True, random_state=0),
    lambda draw: svm.SVC(C=draw.scale(0.1, 10), probability=True, random_state=0),
    lambda draw: Forest(3, random_state=0),
    lambda draw: Renamed(3, random_state=0),
    _trees(ensemble.RandomForestClassifier),
    _trees(ensemble.ExtraTreesClassifier),
    _boosted(ensemble.GradientBoostingClassifier, ["log_loss", "exponential"]),
    _histogram(ensemble.HistGradientBoostingClassifier, ["log_loss"]),
    _light(lightgbm.LGBMClassifier),
    _light(lightgbm.LGBMClassifier),
    _extreme(xgboost.XGBClassifier),
    _network(neural_network.MLPClassifier),
    _neighbours(neighbors.KNeighborsClassifier),
)
VALUES: Sequence[Callable[[Draw], Any]] = (
    lambda draw: linear_model.Ridge(alpha=draw.scale(1e-3, 1e3)),
    lambda draw: linear_model.ElasticNet(alpha=draw.scale(1e-3, 1), l1_ratio=0.5),
    lambda draw: linear_model.HuberRegressor(alpha=draw.scale(1e-3, 1)),
    lambda draw: linear_model.BayesianRidge(),
    lambda draw: svm.SVR(C=draw.scale(0.1, 10), kernel=draw.of(["rbf", "linear", "poly", "sigmoid"])),
    lambda draw: tree.DecisionTreeRegressor(max_depth=draw.of([None, 2, 5]), random_state=0),
    lambda draw: ensemble.AdaBoostRegressor(n_estimators=draw.whole(1, 8), random_state=0),
    _trees(ensemble.RandomForestRegressor),
    _trees(ensemble.ExtraTreesRegressor),
    _boosted(ensemble.GradientBoostingRegressor, ["squared_error", "huber", "quantile", "absolute_error"]),
    _histogram(ensemble.HistGradientBoostingRegressor, ["squared_error", "absolute_error", "quantile"]),
    _light(lightgbm.LGBMRegressor),
    _extreme(xgboost.XGBRegressor),
    _network(neural_network.MLPRegressor),
    _neighbours(neighbors.KNeighborsRegressor),
)


def _several(draw: Draw, classes: int, deep: int) -> list[tuple[str, Any]]:
    return [(f"part{place}", estimator(draw, classes, deep)) for place in range(draw.whole(1, 3))]


def _calibrated(draw: Draw, classes: int, deep: int) -> Any:
    method = draw.of(["sigmoid", "isotonic", "temperature"])
    return calibration.CalibratedClassifierCV(
        estimator(draw, classes, deep), method=method, cv=3, ensemble=draw.chance(0.5)
    )


AROUND_CLASSES: Sequence[Callable[[Draw, int, int], Any]] = (
    _calibrated,
    _calibrated,
    lambda draw, classes, deep: ensemble.VotingClassifier(
        _several(draw, classes, deep), voting=draw.of(["soft", "soft", "hard"])
    ),
    lambda draw, classes, deep: ensemble.StackingClassifier(
        _several(draw, classes, deep), cv=3, passthrough=draw.chance(0.3)
    ),
    lambda draw, classes, deep: ensemble.BaggingClassifier(
        estimator(draw, classes, deep), n_estimators=3, max_features=draw.of([1.0, 0.7]), random_state=0
    ),
    lambda draw, classes, deep: model_selection.FixedThresholdClassifier(
        estimator(draw, classes, deep), threshold=draw.of([0.2, 0.5, 0.8])
    ),
    lambda draw, classes, deep: model_selection.TunedThresholdClassifierCV(estimator(draw, classes, deep), cv=3),
    lambda draw, classes, deep: model_selection.GridSearchCV(estimator(draw, classes, deep), {}, cv=3),
)
AROUND_VALUES: Sequence[Callable[[Draw, int, int], Any]] = (
    lambda draw, classes, deep: ensemble.VotingRegressor(_several(draw, classes, deep)),
    lambda draw, classes, deep: ensemble.StackingRegressor(
        _several(draw, classes, deep), cv=3, passthrough=draw.chance(0.3)
    ),
    lambda draw, classes, deep: ensemble.BaggingRegressor(
        estimator(draw, classes, deep), n_estimators=3, max_features=draw.of([1.0, 0.7]), random_state=0
    ),
    lambda draw, classes, deep: TransformedTargetRegressor(
        estimator(draw, classes, deep),
        transformer=draw.of([preprocessing.StandardScaler(), preprocessing.MinMaxScaler()]),
    ),
    lambda draw, classes, deep: model_selection.GridSearchCV(estimator(draw, classes, deep), {}, cv=3),
)
STEPS: Sequence[Callable[[Draw], Any]] = (
    lambda draw: preprocessing.StandardScaler(with_mean=draw.chance(0.8)),
    lambda draw: preprocessing.MinMaxScaler(clip=draw.chance(0.5)),
    lambda draw: preprocessing.RobustScaler(),
    lambda draw: preprocessing.MaxAbsScaler(),
    lambda draw: preprocessing.Normalizer(norm=draw.of(["l1", "l2", "max"])),
    lambda draw: preprocessing.Binarizer(threshold=0.25),
    lambda draw: preprocessing.PolynomialFeatures(2, interaction_only=draw.chance(0.5)),
    lambda draw: preprocessing.KBinsDiscretizer(
        draw.whole(2, 6), encode=draw.of(["ordinal", "onehot-dense"]), strategy=draw.of(["uniform", "quantile"])
    ),
    lambda draw: preprocessing.PowerTransformer(),
    lambda draw: preprocessing.QuantileTransformer(n_quantiles=20),
    lambda draw: preprocessing.SplineTransformer(n_knots=4),
    lambda draw: preprocessing.FunctionTransformer(np.abs),
    lambda draw: preprocessing.FunctionTransformer(),
    lambda draw: decomposition.PCA(n_components=2, whiten=draw.chance(0.5)),
    lambda draw: decomposition.TruncatedSVD(n_components=2),
    lambda draw: cluster.KMeans(n_clusters=3, n_init=1, random_state=0),
    lambda draw: feature_selection.SelectKBest(k=2),
    lambda draw: feature_selection.VarianceThreshold(),
    lambda draw: impute.SimpleImputer(strategy=draw.of(["mean", "median"]), add_indicator=draw.chance(0.5)),
    lambda draw: impute.KNNImputer(n_neighbors=3),
    lambda draw: FeatureUnion(
        [("scaled", preprocessing.StandardScaler()), ("parts", decomposition.PCA(n_components=2))]
    ),
    lambda draw: "passthrough",
)
