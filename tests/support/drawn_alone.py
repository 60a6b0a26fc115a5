"""Estimators that stand alone, with settings drawn at random: scikit-learn's, LightGBM's, XGBoost's, a user's own."""

from collections.abc import Callable, Sequence
from typing import Any

import lightgbm
import numpy as np
import xgboost
from sklearn import (
    calibration,
    cross_decomposition,
    discriminant_analysis,
    ensemble,
    gaussian_process,
    linear_model,
    multiclass,
    naive_bayes,
    neighbors,
    neural_network,
    semi_supervised,
    svm,
    tree,
)

from tests.support.drawn_settings import Draw, extreme, light, weights


def _trees(kind: Any) -> Callable[[Draw], Any]:
    return lambda draw: kind(
        n_estimators=draw.whole(1, 15),
        max_depth=draw.of([None, 1, 3, 8]),
        min_samples_leaf=draw.whole(1, 10),
        max_features=draw.of([None, "sqrt", 1]),
        bootstrap=draw.chance(0.5),
        criterion=draw.of(CRITERIA if (classifies := kind.__name__.endswith("Classifier")) else VALUE_CRITERIA),
        max_leaf_nodes=draw.of([None, 5, 20]),
        ccp_alpha=draw.of([0.0, 0.01]),
        random_state=draw.whole(0, 99),
        **({"class_weight": weights(draw)} if classifies else {}),
    )


CRITERIA = ("gini", "entropy", "log_loss")


VALUE_CRITERIA = ("squared_error", "absolute_error")


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
            l2_regularization=draw.of([0.0, 1.0]),
            max_features=draw.of([1.0, 0.5]),
            early_stopping=draw.of(["auto", True]),
            random_state=0,
            **({"quantile": 0.7} if loss == "quantile" else {}),
        )

    return make


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


# scikit-learn has no types: to mypy, the base of these two could be anything.
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
    lambda draw: linear_model.LogisticRegression(
        C=draw.scale(1e-3, 1e3), class_weight=weights(draw), fit_intercept=draw.chance(0.8), max_iter=200
    ),
    lambda draw: linear_model.LogisticRegression(
        solver=draw.of(["liblinear", "saga", "newton-cholesky"]), l1_ratio=draw.of([0.0, 1.0]), max_iter=50
    ),
    lambda draw: linear_model.LogisticRegressionCV(Cs=2, cv=3, max_iter=50),
    lambda draw: calibration.CalibratedClassifierCV(svm.LinearSVC(C=draw.scale(0.1, 10)), ensemble=draw.chance(0.5)),
    lambda draw: calibration.CalibratedClassifierCV(
        svm.SVC(C=draw.scale(0.1, 10), kernel=draw.of(["rbf", "poly", "sigmoid"]), gamma=draw.of(["scale", 0.1])),
        method=draw.of(["sigmoid", "isotonic"]),
        ensemble=False,
    ),
    lambda draw: multiclass.OneVsRestClassifier(linear_model.LogisticRegression()),
    lambda draw: multiclass.OneVsRestClassifier(tree.DecisionTreeClassifier(max_depth=3, random_state=0)),
    lambda draw: semi_supervised.SelfTrainingClassifier(naive_bayes.GaussianNB()),
    lambda draw: gaussian_process.GaussianProcessClassifier(random_state=0),
    lambda draw: ensemble.VotingClassifier(
        [("one", naive_bayes.GaussianNB()), ("two", "drop"), ("three", tree.DecisionTreeClassifier(max_depth=2))],
        weights=[draw.scale(0.1, 3), 1.0, 2.0],
        voting="soft",
    ),
    lambda draw: xgboost.XGBRFClassifier(n_estimators=draw.whole(1, 9), n_jobs=1),
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
    light(lightgbm.LGBMClassifier),
    light(lightgbm.LGBMClassifier),
    extreme(xgboost.XGBClassifier),
    _network(neural_network.MLPClassifier),
    _neighbours(neighbors.KNeighborsClassifier),
)


VALUES: Sequence[Callable[[Draw], Any]] = (
    lambda draw: linear_model.Ridge(alpha=draw.scale(1e-3, 1e3)),
    lambda draw: linear_model.ElasticNet(alpha=draw.scale(1e-3, 1), l1_ratio=0.5),
    lambda draw: linear_model.HuberRegressor(alpha=draw.scale(1e-3, 1)),
    lambda draw: linear_model.BayesianRidge(),
    lambda draw: linear_model.QuantileRegressor(quantile=draw.of([0.2, 0.9]), alpha=0.01),
    lambda draw: linear_model.TweedieRegressor(power=0, alpha=draw.scale(0.01, 1)),
    lambda draw: linear_model.RANSACRegressor(random_state=0),
    lambda draw: linear_model.ARDRegression(),
    lambda draw: cross_decomposition.PLSRegression(n_components=draw.whole(1, 2)),
    lambda draw: gaussian_process.GaussianProcessRegressor(
        gaussian_process.kernels.RBF() + gaussian_process.kernels.WhiteKernel(),
        normalize_y=draw.chance(0.5),
        optimizer=None,
    ),
    lambda draw: svm.LinearSVR(C=draw.scale(0.1, 10), max_iter=2000),
    lambda draw: svm.NuSVR(C=draw.scale(0.1, 10), kernel=draw.of(["rbf", "poly"])),
    lambda draw: xgboost.XGBRFRegressor(n_estimators=draw.whole(1, 9), n_jobs=1),
    lambda draw: svm.SVR(C=draw.scale(0.1, 10), kernel=draw.of(["rbf", "linear", "poly", "sigmoid"])),
    lambda draw: tree.DecisionTreeRegressor(max_depth=draw.of([None, 2, 5]), random_state=0),
    lambda draw: ensemble.AdaBoostRegressor(n_estimators=draw.whole(1, 8), random_state=0),
    _trees(ensemble.RandomForestRegressor),
    _trees(ensemble.ExtraTreesRegressor),
    _boosted(ensemble.GradientBoostingRegressor, ["squared_error", "huber", "quantile", "absolute_error"]),
    _histogram(ensemble.HistGradientBoostingRegressor, ["squared_error", "absolute_error", "quantile"]),
    light(lightgbm.LGBMRegressor),
    extreme(xgboost.XGBRegressor),
    _network(neural_network.MLPRegressor),
    _neighbours(neighbors.KNeighborsRegressor),
)
