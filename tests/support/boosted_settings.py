"""Models of LightGBM and XGBoost by setting: those whose served graph is right, and those that have none."""

from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
import xgboost
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Numbers = npt.NDArray[np.float64]


def table(*, gaps: bool) -> tuple[Numbers, Numbers]:
    """[600, 4]: codes of 70 categories, a number that is often 0 or -1, two others; and a score that depends on all."""
    draw = np.random.default_rng(5)
    code = draw.integers(0, 70, 600).astype(np.float64)
    often = np.where(draw.random(600) < 0.4, draw.choice([0.0, -1.0], 600), draw.normal(0, 2, 600))
    rows = np.column_stack([code, often, draw.normal(0, 2, (600, 2))]).astype(np.float32).astype(np.float64)
    score = draw.normal(0, 1, 70)[code.astype(int)] + rows[:, 1] + 0.5 * rows[:, 2] * rows[:, 3]
    if gaps:
        rows[draw.random(rows.shape) < 0.1] = np.nan
    return rows, score


def fitted(make: Callable[[], Any], classes: int, *, gaps: bool) -> tuple[Any, Numbers]:
    rows, score = table(gaps=gaps)
    cuts = np.quantile(score, np.arange(1, max(classes, 1)) / max(classes, 1))
    labels: Any = np.digitize(score, cuts) if classes else score - score.min() + 0.1
    model = make()
    if not model.get_params().get("early_stopping_rounds"):
        return model.fit(rows, labels), rows
    quiet = {"verbose": False} if isinstance(model, xgboost.XGBModel) else {}
    return model.fit(rows[:300], labels[:300], eval_set=[(rows[300:], labels[300:])], **quiet), rows


def light(kind: str = "Classifier", **settings: Any) -> Callable[[], Any]:
    few = {"n_estimators": 12, "verbose": -1, "n_jobs": 1, "min_child_samples": 5} | settings
    return lambda: getattr(lightgbm, f"LGBM{kind}")(**few)


def extreme(kind: str = "Classifier", **settings: Any) -> Callable[[], Any]:
    few = {"n_estimators": 12, "verbosity": 0, "n_jobs": 1} | settings
    return lambda: getattr(xgboost, f"XGB{kind}")(**few)


STOPPED: dict[str, Any] = {"n_estimators": 200, "learning_rate": 0.5, "early_stopping_rounds": 2}


def squares(truth: Any, message: Any) -> tuple[Any, Any]:
    return message - truth, np.ones_like(message)


def logistic(truth: Any, message: Any) -> tuple[Any, Any]:
    share = 1 / (1 + np.exp(-message))
    return share - truth, share * (1 - share)


BAGGED: dict[str, Any] = {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.7}
CODES: dict[str, Any] = {"enable_categorical": True, "feature_types": ["c", "q", "q", "q"]}
RIGHT: dict[str, tuple[Callable[[], Any], int]] = {
    "LightGBM, monotone": (light(monotone_constraints=[0, 1, 0, 0]), 2),
    "LightGBM, monotone, advanced": (
        light(monotone_constraints=[0, 1, 0, 0], monotone_constraints_method="advanced"),
        2,
    ),
    "LightGBM, ended early": (light(**STOPPED), 2),
    "LightGBM, one-sided samples": (light(data_sample_strategy="goss"), 5),
    "LightGBM, unbalanced classes": (light(is_unbalance=True), 2),
    "LightGBM, interactions": (light(interaction_constraints=[[0, 1], [2, 3]]), 2),
    "LightGBM, quantised gradients": (light(use_quantized_grad=True), 2),
    "LightGBM, use_missing=false": (light(use_missing=False), 2),
    "LightGBM, DART": (light(boosting_type="dart", drop_rate=0.5), 2),
    "LightGBM, DART of five classes": (light(boosting_type="dart", drop_rate=0.5), 5),
    "LightGBM, bagged trees": (light(**BAGGED), 2),
    "LightGBM, bagged trees of five classes": (light(**BAGGED), 5),
    "LightGBM, bagged regression": (light("Regressor", **BAGGED), 0),
    "LightGBM, categories by sorting": (light(categorical_feature=[0], min_data_per_group=5, cat_smooth=1), 2),
    "LightGBM, categories one by one": (light(categorical_feature=[0], max_cat_to_onehot=100), 2),
    "LightGBM, categories of five classes": (light(categorical_feature=[0], max_cat_to_onehot=100), 5),
    "LightGBM, a steeper sigmoid": (light(sigmoid=2.0), 2),
    "LightGBM, a quantile": (light("Regressor", objective="quantile", alpha=0.9), 0),
    "LightGBM, roots": (light("Regressor", reg_sqrt=True), 0),
    "LightGBM, Poisson": (light("Regressor", objective="poisson"), 0),
    "LightGBM, gamma": (light("Regressor", objective="gamma"), 0),
    "LightGBM, Tweedie": (light("Regressor", objective="tweedie"), 0),
    "LightGBM, absolute errors": (light("Regressor", objective="mape"), 0),
    "XGBoost, monotone": (extreme(monotone_constraints=(0, 1, 0, 0)), 2),
    "XGBoost, ended early": (extreme(**STOPPED), 2),
    "XGBoost, DART ended early": (extreme(booster="dart", rate_drop=0.3, **STOPPED), 2),
    "XGBoost, several trees a round, ended early": (extreme(num_parallel_tree=3, subsample=0.6, **STOPPED), 5),
    "XGBoost, 0 is missing": (extreme(missing=0.0), 2),
    "XGBoost, -1 is missing": (extreme(missing=-1.0), 5),
    "XGBoost, -1 is missing, regression": (extreme("Regressor", missing=-1.0), 0),
    "XGBoost, DART": (extreme(booster="dart", rate_drop=0.5), 2),
    "XGBoost, DART of five classes": (extreme(booster="dart", rate_drop=0.5), 5),
    "XGBoost, DART of weighted trees": (
        extreme(booster="dart", sample_type="weighted", normalize_type="forest", rate_drop=0.5, one_drop=True),
        2,
    ),
    "XGBoost, labels of five classes": (extreme(objective="multi:softmax"), 5),
    "XGBoost, a forest": (extreme("RFClassifier"), 2),
    "XGBoost, a forest of five classes": (extreme("RFClassifier"), 5),
    "XGBoost, a forest's regression": (extreme("RFRegressor"), 0),
    "XGBoost, categories": (extreme(**CODES), 2),
    "XGBoost, categories one by one": (extreme(max_cat_to_onehot=100, **CODES), 2),
    "XGBoost, categories and a number for gaps": (extreme(missing=3.0, **CODES), 2),
    "XGBoost, a quantile": (extreme("Regressor", objective="reg:quantileerror", quantile_alpha=0.9), 0),
    "XGBoost, Poisson": (extreme("Regressor", objective="count:poisson"), 0),
    "XGBoost, gamma": (extreme("Regressor", objective="reg:gamma"), 0),
    "XGBoost, Tweedie": (extreme("Regressor", objective="reg:tweedie"), 0),
    "XGBoost, absolute errors": (extreme("Regressor", objective="reg:absoluteerror"), 0),
    "XGBoost, an objective of one's own beside the logistic link": (extreme(objective=logistic), 2),
    "XGBoost, an own regression": (extreme("Regressor", objective=squares), 0),
    "XGBoost, a start of its own": (extreme(base_score=0.2), 2),
    "XGBoost, leaves first": (extreme(grow_policy="lossguide", max_leaves=8, max_depth=0), 2),
    "calibrated, 0 is missing": (lambda: CalibratedClassifierCV(extreme(missing=0.0)(), cv=3), 2),
    "behind a scaler": (lambda: make_pipeline(StandardScaler(), light()()), 2),
    "a vote of both": (
        lambda: VotingClassifier([("one", light(use_missing=False)()), ("two", extreme(missing=0.0)())], voting="soft"),
        5,
    ),
    "a stack of both": (
        lambda: StackingClassifier([("one", light(**BAGGED)()), ("two", extreme()())], LogisticRegression(), cv=3),
        2,
    ),
}
NAMED: dict[str, tuple[Callable[[], Any], int, str]] = {
    "LightGBM, 0 is missing": (light(zero_as_missing=True), 2, "zero_as_missing .*leave it out"),
    "LightGBM, linear trees": (light("Regressor", linear_tree=True), 0, "linear_tree .*leave it out"),
    "LightGBM, one against the rest": (light(objective="multiclassova"), 5, "multiclassova .*use one of .*multiclass"),
    "LightGBM, an own objective": (light(objective=logistic), 2, "objective custom .*use one of"),
    "LightGBM, an own regression": (light("Regressor", objective=squares), 0, "objective custom .*use one of"),
    "LightGBM, trees left out by the row": (light(pred_early_stop=True), 2, "pred_early_stop .*leave it out"),
    "XGBoost, lines": (extreme("Regressor", booster="gblinear"), 0, "booster gblinear .*use gbtree"),
    "XGBoost, several quantiles": (
        extreme("Regressor", objective="reg:quantileerror", quantile_alpha=np.array([0.1, 0.9])),
        0,
        "several targets or quantiles at once; fit one model for each",
    ),
    "XGBoost, hard labels": (extreme(objective="binary:hinge"), 2, "binary:hinge .*use one of .*binary:logistic"),
    "XGBoost, scores": (extreme(objective="binary:logitraw"), 2, "binary:logitraw .*use one of .*binary:logistic"),
    "XGBoost, a tree for all classes": (
        extreme(multi_strategy="multi_output_tree"),
        5,
        "multi_output_tree .*use one_output_per_tree",
    ),
    "XGBoost, survival": (extreme("Regressor", objective="survival:cox"), 0, "survival:cox .*use one of"),
}
