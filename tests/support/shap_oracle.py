"""Writes shap_oracle.json beside this file: what shap.TreeExplainer makes of the models of :func:`fitted`.

shap is not in the lock, because it brings numba and llvmlite. Install shap 0.51.0 with the lock's versions of NumPy,
scikit-learn and LightGBM in an environment of its own, then run `python tests/support/shap_oracle.py` there.
"""

import json
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)

ORACLE = Path(__file__).with_suffix(".json")
COLUMNS, ROWS, EXPLAINED, TREES = 6, 600, 25, 40
PACKAGES = ("shap", "scikit-learn", "lightgbm")


def table(classes: int) -> tuple[Any, Any]:
    """Rows [n, columns], float32 numbers, and their truth: 0 to classes - 1, or a value where `classes` is 0."""
    draw = np.random.default_rng(19)
    rows = draw.normal(size=(ROWS, COLUMNS)).astype(np.float32).astype(np.float64)
    signal = rows[:, 0] * rows[:, 1] + np.sin(2 * rows[:, 2]) + 0.5 * draw.normal(size=ROWS)
    if not classes:
        return rows, signal
    return rows, np.digitize(signal, np.quantile(signal, np.arange(1, classes) / classes))


def fitted() -> dict[str, tuple[Any, Any]]:
    """By name the fitted model and its rows; the same versions fit the same trees."""
    quiet: dict[str, Any] = {"n_jobs": 1, "verbosity": -1, "deterministic": True, "force_row_wise": True}
    boosted: dict[str, Any] = {"n_estimators": TREES, "num_leaves": 15, "random_state": 0, **quiet}
    models: dict[str, tuple[int, Any]] = {
        "forest": (2, RandomForestClassifier(TREES, random_state=0)),
        "forest of three classes": (3, RandomForestClassifier(TREES, min_samples_leaf=3, random_state=0)),
        "forest of values": (0, RandomForestRegressor(TREES, max_depth=8, random_state=0)),
        "extra trees": (2, ExtraTreesClassifier(TREES, max_depth=8, random_state=0)),
        "gradient boosting": (2, GradientBoostingClassifier(n_estimators=TREES, random_state=0)),
        "gradient boosting of values": (0, GradientBoostingRegressor(n_estimators=TREES, random_state=0)),
        "histograms": (2, HistGradientBoostingClassifier(max_iter=TREES, random_state=0)),
        "LightGBM": (2, LGBMClassifier(**boosted)),
        "LightGBM of three classes": (3, LGBMClassifier(**boosted)),
        "LightGBM of values": (0, LGBMRegressor(**boosted)),
    }
    made = {}
    for name, (classes, model) in models.items():
        rows, truth = table(classes)
        made[name] = model.fit(rows, truth), rows
    return made


def _explained(model: Any, rows: Any) -> list[Any]:
    """[outputs, rows, 1 + columns]: the base first. Of two classes the second is the only output."""
    explainer = import_module("shap").TreeExplainer(model, feature_perturbation="tree_path_dependent")
    values = np.asarray(explainer.shap_values(rows, check_additivity=False))
    base = np.atleast_1d(explainer.expected_value)
    values = values[..., None] if values.ndim == 2 else values
    if values.shape[-1] == 2:
        values, base = values[..., 1:], base[-1:]
    return [
        np.column_stack([np.full(len(rows), base[output]), values[..., output]]).tolist()
        for output in range(values.shape[-1])
    ]


if __name__ == "__main__":
    made: dict[str, Any] = {
        name: _explained(model, rows[:EXPLAINED].astype(np.float32)) for name, (model, rows) in fitted().items()
    }
    made["versions"] = {package: version(package) for package in PACKAGES}
    ORACLE.write_text(json.dumps(made) + "\n")
