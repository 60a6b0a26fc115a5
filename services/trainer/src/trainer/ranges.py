"""Ranges of the settings of LightGBM and XGBoost, which take any value and fail, or answer oddly, while they train."""

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

    def refusal(self, value: Any) -> str | None:
        """Why it is not one of them; None where it is."""
        if self.words:
            return None if value in self.words else f"must be one of {', '.join(self.words)}"
        fits = isinstance(value, int if self.whole else (int, float)) and not isinstance(value, bool)
        if fits and self.low <= value <= self.high:
            return None
        return f"must be {'a whole number' if self.whole else 'a number'} from {self.low:g} to {self.high:g}"


_COUNT, _SHARE = Range(1, 10_000, whole=True), Range(1e-9, 1)
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
}
