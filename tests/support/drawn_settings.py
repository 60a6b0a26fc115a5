"""Choices from a generator, and settings of LightGBM and XGBoost drawn with them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


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


def weights(draw: Draw) -> Any:
    """A `class_weight`; the first two classes are always there."""
    return draw.of([None, None, "balanced", {0: 1.0, 1: 3.0}])


def light(kind: Any) -> Callable[[Draw], Any]:
    classifies = kind.__name__.endswith("Classifier")

    def make(draw: Draw) -> Any:
        others: dict[str, Any] = {
            "class_weight": lambda: weights(draw) if classifies else None,
            "extra_trees": lambda: True,
            "max_bin": lambda: draw.of([4, 15, 255]),
            "reg_alpha": lambda: draw.scale(0.01, 5),
            "reg_lambda": lambda: draw.scale(0.01, 50),
            "min_split_gain": lambda: draw.scale(0.001, 0.5),
            "colsample_bytree": lambda: draw.of([0.5, 0.9]),
            "path_smooth": lambda: draw.scale(0.1, 10),
            "max_delta_step": lambda: draw.scale(0.1, 2),
            "use_missing": lambda: False,
            "boost_from_average": lambda: False,
            "linear_tree": lambda: True,
            "zero_as_missing": lambda: True,
            "objective": lambda: draw.of(LIGHT_CLASSES if classifies else LIGHT_VALUES),
        }
        chosen = [draw.of(list(others)) for _ in range(draw.whole(0, 3))]
        return kind(
            n_estimators=draw.whole(1, 20),
            num_leaves=draw.whole(2, 31),
            min_child_samples=draw.whole(1, 20),
            learning_rate=draw.scale(0.02, 1),
            boosting_type=draw.of(["gbdt", "gbdt", "dart", "rf"]),
            subsample=0.7,
            subsample_freq=1,
            verbose=-1,
            n_jobs=1,
            **{name: others[name]() for name in chosen},
        )

    return make


LIGHT_CLASSES = [None, "multiclassova", "cross_entropy"]
LIGHT_VALUES = ["l2", "l1", "huber", "fair", "quantile", "mape"]


def extreme(kind: Any) -> Callable[[Draw], Any]:
    classifies = kind.__name__.endswith("Classifier")

    def make(draw: Draw) -> Any:
        others: dict[str, Any] = {
            "tree_method": lambda: draw.of(["exact", "approx", "hist"]),
            "num_parallel_tree": lambda: draw.whole(2, 4),
            "missing": lambda: draw.of([0.0, -1.0]),
            "base_score": lambda: draw.of([0.1, 0.5, 0.9]),
            "gamma": lambda: draw.scale(0.001, 1),
            "reg_alpha": lambda: draw.scale(0.01, 5),
            "max_bin": lambda: draw.of([4, 64]),
            "max_leaves": lambda: draw.of([3, 9]),
            "colsample_bynode": lambda: 0.6,
            "max_delta_step": lambda: draw.scale(0.1, 2),
            "scale_pos_weight": lambda: draw.scale(0.2, 5),
            "booster": lambda: "gblinear",
            "objective": lambda: None if classifies else draw.of(EXTREME_VALUES),
        }
        chosen = [draw.of(list(others)) for _ in range(draw.whole(0, 3))]
        settings: dict[str, Any] = {
            "n_estimators": draw.whole(1, 20),
            "max_depth": draw.whole(1, 6),
            "learning_rate": draw.scale(0.02, 1),
            "booster": draw.of(["gbtree", "gbtree", "dart"]),
            "subsample": draw.of([1.0, 0.6]),
            "grow_policy": draw.of(["depthwise", "lossguide"]),
            "n_jobs": 1,
        }
        return kind(**settings | {name: others[name]() for name in chosen})

    return make


EXTREME_VALUES = ["reg:absoluteerror", "reg:pseudohubererror", "reg:quantileerror", "reg:squarederror"]
