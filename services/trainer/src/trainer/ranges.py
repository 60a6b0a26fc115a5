"""Ranges of settings that a library does not check before it trains: it fails then, or answers oddly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, or some words."""

    low: float = 0.0
    high: float = float("inf")
    whole: bool = False
    words: tuple[str, ...] = ()
    zero: bool = True
    """Whether 0 is in the range."""
    listed: bool = False
    """Whether the setting is a list of such numbers."""
    single: bool = False
    """Whether one such number may stand for a list of one."""

    def refusal(self, value: Any) -> str | None:
        """Why it is not one of them; None where it is."""
        if self.words:
            return None if value in self.words else f"must be one of {', '.join(self.words)}"
        if self.single and not isinstance(value, list):
            value = [value]
        if self.listed:
            fits = isinstance(value, list) and bool(value) and all(map(self._holds, value))
        else:
            fits = self._holds(value)
        if fits:
            return None
        kind = "whole number" if self.whole else "number"
        form = f"a list whose every item is a {kind}" if self.listed else f"a {kind}"
        form = f"a {kind} or {form}" if self.single else form
        return f"must be {form} from {self.low:g} to {self.high:g}" + ("" if self.zero else ", and not 0")

    def _holds(self, value: Any) -> bool:
        number = isinstance(value, int if self.whole else (int, float)) and not isinstance(value, bool)
        return number and self.low <= value <= self.high and (self.zero or value != 0)


_COUNT, _SHARE = Range(1, 10_000, whole=True), Range(1e-9, 1)
ALL: Mapping[str, Range] = {"n_jobs": Range(-1024, 1024, whole=True, zero=False)}
"""Of every estimator."""
ROUNDS: Mapping[str, Range] = {"max_iter": Range(1, 1e9, whole=True)}
MACHINE: Mapping[str, Range] = {"max_iter": Range(-1, 1e9, whole=True, zero=False)}
LAYERS: Mapping[str, Range] = {"hidden_layer_sizes": Range(1, 10_000, whole=True, listed=True, single=True)}
LIGHT: Mapping[str, Range] = {
    "n_estimators": _COUNT,
    "num_leaves": Range(2, 4096, whole=True),
    "max_depth": Range(-1, 64, whole=True),
    "learning_rate": Range(1e-9, 10),
    "min_child_samples": Range(0, 1e9, whole=True),
    "min_child_weight": Range(0),
    "min_split_gain": Range(0),
    "reg_alpha": Range(0),
    "reg_lambda": Range(0),
    "subsample": _SHARE,
    "subsample_freq": Range(0, 10_000, whole=True),
    "subsample_for_bin": Range(1, 1e9, whole=True),
    "colsample_bytree": _SHARE,
    "max_bin": Range(2, 65_535, whole=True),
    "boosting_type": Range(words=("gbdt", "dart", "rf")),
    "importance_type": Range(words=("split", "gain")),
}
EXTREME: Mapping[str, Range] = {
    "n_estimators": _COUNT,
    "max_leaves": Range(0, 4096, whole=True),
    "max_depth": Range(0, 64, whole=True),
    "max_bin": Range(2, 65_535, whole=True),
    "learning_rate": Range(0, 10),
    "gamma": Range(0),
    "min_child_weight": Range(0),
    "reg_alpha": Range(0),
    "reg_lambda": Range(0),
    "subsample": _SHARE,
    "colsample_bytree": _SHARE,
    "colsample_bylevel": _SHARE,
    "colsample_bynode": _SHARE,
    "scale_pos_weight": Range(1e-9),
    "booster": Range(words=("gbtree", "dart")),
    "tree_method": Range(words=("auto", "exact", "approx", "hist")),
    "grow_policy": Range(words=("depthwise", "lossguide")),
    "device": Range(words=("cpu",)),
    "importance_type": Range(words=("gain", "weight", "cover", "total_gain", "total_cover")),
    "missing": Range(float("-inf")),
    "monotone_constraints": Range(-1, 1, whole=True, listed=True),
}
LIGHT_OF: Mapping[str, Mapping[str, Range]] = {
    "classification": {
        "objective": Range(words=("binary", "multiclass", "softmax", "cross_entropy", "xentropy")),
        "class_weight": Range(words=("balanced",)),
    },
    "regression": {
        "objective": Range(
            words=(
                *("regression", "regression_l2", "l2", "mse", "rmse", "regression_l1", "l1", "mae"),
                *("huber", "fair", "poisson", "quantile", "mape", "gamma", "tweedie"),
            )
        )
    },
}
EXTREME_OF: Mapping[str, Mapping[str, Range]] = {
    "classification": {
        "objective": Range(words=("binary:logistic", "multi:softprob", "multi:softmax")),
        "base_score": Range(1e-9, 1 - 1e-9),
    },
    "regression": {
        "objective": Range(
            words=(
                *("reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror", "reg:quantileerror"),
                *("reg:squaredlogerror", "reg:logistic", "count:poisson", "reg:gamma", "reg:tweedie"),
            )
        ),
        "base_score": Range(float("-inf")),
    },
}
"""By task; the objectives are those that have a graph (`trainer.conversion.boosters`)."""
