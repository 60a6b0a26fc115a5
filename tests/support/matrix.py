"""Tables and candidates for every estimator of the trainer, and the proof of one pipeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml
from sklearn.pipeline import Pipeline

from tests.support.tables import ROOT
from trainer.bundle.parity import Parity
from trainer.bundle.servable import as_learned, check_parity
from trainer.candidates import Candidate
from trainer.contract.contract import Contract
from trainer.contract.encoded_places import width
from trainer.conversion.convert import to_onnx
from trainer.estimators import ESTIMATORS
from trainer.params import Params, candidates_of
from trainer.training.levels import learn
from trainer.training.pipeline import Table, build, fit
from trainer.training.preparation import round_learned

CLASSES, KINDS = (2, 5, 0), ("plain", "gaps", "categories")
"""0: a regression."""
FEW: dict[str, dict[str, Any]] = {
    **{name: {"n_estimators": 8} for name in ("RandomForest", "ExtraTrees", "GradientBoosting", "LGBM", "XGB")},
    "HistGradientBoosting": {"max_iter": 8},
    "MLP": {"hidden_layer_sizes": [6], "tol": 1e9, "n_iter_no_change": 2},
    "LogisticRegression": {"max_iter": 2000},
    "LinearSV": {"max_iter": 20_000},
}


@dataclass(frozen=True)
class Drawn:
    contract: Contract
    rows: pd.DataFrame
    labels: npt.NDArray[Any]


def table(kind: str, classes: int, *, rows: int = 240, seed: int = 1) -> Drawn:
    """Four numbers; with `gaps` one in six is missing; with `categories` also texts and a boolean."""
    draw = np.random.default_rng(seed)
    gaps = kind == "gaps"
    numbers = {f"x{place}": draw.normal(0, 2, rows).astype(np.float32).astype(np.float64) for place in range(4)}
    frame = pd.DataFrame(numbers).clip(-7, 7)
    score = frame["x0"] + 0.5 * frame["x1"] * frame["x2"] + draw.normal(0, 0.5, rows)
    columns: list[dict[str, Any]] = [
        {"name": name, "dtype": "float64", "minimum": -7, "maximum": 7, "unit": "", "description": "", "nullable": gaps}
        for name in frame
    ]
    if kind == "categories":
        frame["shop"] = pd.Series(draw.choice(["a", "b", "c"], rows), dtype="str")
        frame["city"] = pd.Series([f"city {place}" for place in draw.integers(0, 60, rows)], dtype="str")
        frame["paid"] = draw.random(rows) < 0.5
        score = score + 2.0 * (frame["shop"] == "a") - 1.5 * frame["paid"]
        columns += [
            {"name": "shop", "kind": "category", "categories": ["a", "b", "c"], "unknown": "other", "description": ""},
            {"name": "city", "kind": "category", "levels": "learned", "description": ""},
            {"name": "paid", "kind": "boolean", "description": ""},
        ]
    if gaps:
        frame = frame.mask(draw.random(frame.shape) < 1 / 6)
    cuts = np.quantile(score, np.arange(1, max(classes, 1)) / max(classes, 1))
    labels: npt.NDArray[Any] = np.digitize(score, cuts) if classes else np.clip(score.to_numpy(), -40, 40)
    target: dict[str, Any] = {"name": "y", "description": "", "classes": [f"c{place}" for place in range(classes)]}
    if not classes:
        target = {"name": "y", "description": "", "unit": "", "minimum": -40, "maximum": 40}
    contract = Contract.model_validate(
        {"name": "drawn", "source": "drawn.csv", "columns": columns, "target": target}
        | {"task": "classification" if classes else "regression"}
    )
    learned = learn(contract.columns, frame, classes)
    return Drawn(contract.model_copy(update={"columns": learned}), frame, labels)


def candidate(name: str, **others: Any) -> Candidate:
    """The estimator of that row, small; one that is made of others gets some."""
    task = ESTIMATORS[name].task
    settings = next((found for start, found in FEW.items() if name.startswith(start)), {})
    page: dict[str, Any] = {"estimator": name, "settings": settings}
    trees = {"estimator": "LightGBM", "settings": {"n_estimators": 5}}
    if ESTIMATORS[name].form == "of several":
        linear = "LogisticRegression" if task == "classification" else "Ridge"
        page["of"] = [linear, trees, {"estimator": "RandomForest", "settings": {"n_estimators": 5}}]
    if ESTIMATORS[name].form == "of one":
        page["of"] = [trees]
    return resolved({**page, **others}, task)


def resolved(page: dict[str, Any], task: str) -> Candidate:
    params = yaml.safe_load((ROOT / "params.yaml").read_text()) | {"candidates": {"one": page}}
    return candidates_of(Params.model_validate(params), cast(Literal["classification", "regression"], task))["one"]


def fitted(one: Candidate, drawn: Drawn) -> Pipeline:
    contract = drawn.contract
    shape = Table(contract.columns, contract.target.classes, contract.task)
    return round_learned(fit(build(one, 1, table=shape), drawn.rows, drawn.labels))


def proved(pipeline: Pipeline, drawn: Drawn, *, random_rows: int) -> Parity:
    """Raises ParityError or UnconvertibleError where the bundle is refused."""
    page = yaml.safe_load((ROOT / "params.yaml").read_text())
    params = Params.model_validate(page | {"parity": {"random_rows": random_rows, "tolerance": 1e-5}})
    contract = as_learned(drawn.contract, pipeline)
    served = to_onnx(pipeline, sum(map(width, contract.columns)), len(contract.target.classes))
    return check_parity(served, pipeline, drawn.rows, contract, params)


def cases() -> Sequence[tuple[str, int, str]]:
    """(estimator, classes, kind of the table) of the whole table of estimators."""
    return [
        (name, classes, kind)
        for name, row in ESTIMATORS.items()
        for classes in CLASSES
        for kind in KINDS
        if (row.task == "classification") == bool(classes)
    ]
