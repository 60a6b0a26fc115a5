"""Writes conformal_oracle.json beside this file: what crepes and MAPIE make of the same rows as our own numbers.

Neither is in the lock. Install crepes 0.9.1 and MAPIE 1.6.0 in an environment of their own, then run
`python tests/support/conformal_oracle.py` there.
"""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

ORACLE = Path(__file__).with_suffix(".json")


def regression(rows: int, seed: int) -> tuple[Any, Any]:
    """Truth and predictions, each [rows]; the error grows with the value."""
    draw = np.random.default_rng(seed)
    values = draw.uniform(0, 10, rows)
    return values + draw.normal(0, 0.2 + 0.3 * values), values


def classification(rows: int, seed: int) -> tuple[Any, Any]:
    """Truth [rows] and probabilities [rows, 3]."""
    draw = np.random.default_rng(seed)
    shares = draw.dirichlet([0.6, 0.9, 1.2], rows)
    return (shares.cumsum(axis=1) > draw.uniform(size=(rows, 1))).argmax(axis=1), shares


class _Fitted:
    """What MAPIE wants of a fitted regressor: the values are its only column."""

    def fit(self, _x: Any, _y: Any) -> "_Fitted":
        return self

    def predict(self, x: Any) -> Any:
        return np.asarray(x)[:, 0]

    def __sklearn_is_fitted__(self) -> bool:
        return True


def _made() -> dict[str, Any]:
    crepes, hinge = import_module("crepes"), import_module("crepes.extras").hinge
    split = import_module("mapie.regression").SplitConformalRegressor
    truth, values = regression(1000, 1)
    fresh = regression(50, 2)[1]
    edges = np.quantile(values, [0.2, 0.4, 0.6, 0.8])
    by_bin = crepes.ConformalRegressor().fit(truth - values, bins=np.searchsorted(edges, values))
    few_truth, few = regression(150, 3)
    mapie = split(_Fitted(), confidence_level=0.9, prefit=True)
    mapie.conformalize(few[:, None], few_truth)
    _, intervals = mapie.predict_interval(fresh[:, None])
    found = {
        "bins": by_bin.predict_int(fresh, bins=np.searchsorted(edges, fresh), confidence=0.9).tolist(),
        "plain": crepes.ConformalRegressor().fit(few_truth - few).predict_int(fresh, confidence=0.9).tolist(),
        "mapie": intervals[:, :, 0].tolist(),
    }
    for name, rows in (("classes", 1000), ("all", 150)):
        truth, shares = classification(rows, 4)
        fresh = classification(200, 5)[1]
        classes = np.arange(3)
        scores = hinge(shares, classes, truth)
        if name == "classes":
            model = crepes.ConformalClassifier().fit(scores, bins=truth)
            columns = [
                model.predict_set(hinge(fresh), bins=np.full(len(fresh), label), confidence=0.9, smoothing=False)[
                    :, label
                ]
                for label in classes
            ]
            sets = np.column_stack(columns)
        else:
            sets = crepes.ConformalClassifier().fit(scores).predict_set(hinge(fresh), confidence=0.9, smoothing=False)
        found[name] = np.asarray(sets).astype(int).tolist()
    return found


if __name__ == "__main__":
    ORACLE.write_text(json.dumps(_made()) + "\n")
