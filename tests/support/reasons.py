"""The reasons of a fitted pipeline, written by the trainer and computed by the api; and the game itself, by hand."""

import json
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline

from api.bundle.manifest import Manifest
from api.bundle.reasons import Explainer
from tests.support.matrix import Drawn
from trainer.bundle.reasons import reasons_of
from trainer.conversion.trees import Tree
from trainer.data.encoding import encode

SHA = "0" * 64
FILES = ("model.onnx", "model.joblib", "reference.json", "golden.json", "reasons.npz")
Numbers = npt.NDArray[np.float64]


def manifest_of(drawn: Drawn, section: dict[str, str]) -> Manifest:
    contract = drawn.contract
    classes = list(contract.target.classes)
    quality: dict[str, Any] = {"rmse": 1.0, "mae": 1.0, "r2": 0.0}
    if classes:
        names = ("accuracy", "precision_macro", "recall_macro", "f1_macro", "log_loss", "roc_auc")
        quality = dict.fromkeys(names, 0.5) | {"per_class": {}}
    target = {"name": "y", "classes": classes} if classes else {"name": "y", "minimum": -40.0, "maximum": 40.0}
    page = {
        "format": 1,
        "model": "drawn",
        "estimator": "Drawn",
        "task": contract.task,
        "features": [column.described() for column in contract.columns],
        "target": target,
        "quality": quality,
        "provenance": {"data_sha256": SHA, "params_sha256": SHA, "libraries": {}},
        "files": {name: {"sha256": SHA, "size": 1} for name in FILES},
        "reasons": section,
    }
    return Manifest.model_validate_json(json.dumps(page))


def explainer_of(pipeline: Pipeline, drawn: Drawn) -> Explainer:
    """As the api has it from the trainer's file."""
    section, content = reasons_of(pipeline, drawn.rows, drawn.contract.columns)
    assert content is not None, section
    return Explainer(content, manifest_of(drawn, section))


def explained(pipeline: Pipeline, drawn: Drawn, labels: list[int]) -> Numbers:
    """[n, 1 + columns] of the first rows, as many as there are labels."""
    rows = encode(drawn.rows.iloc[: len(labels)], drawn.contract.columns)
    return explainer_of(pipeline, drawn).of(rows, labels)


def by_subsets(trees: list[tuple[Tree, Numbers]], row: Numbers) -> Numbers:
    """[1 + inputs]: the Shapley values of the game of TreeSHAP by their definition, over all subsets of the inputs.

    Each tree has the numbers that its nodes add to the score.
    """
    inputs = len(row)
    worth = {
        known: sum(_expected(tree, values, row, set(known), 0) for tree, values in trees)
        for size in range(inputs + 1)
        for known in combinations(range(inputs), size)
    }
    shares = np.zeros(1 + inputs)
    shares[0] = worth[()]
    for known, value in worth.items():
        weight = (
            factorial(len(known)) * factorial(inputs - len(known) - 1) / factorial(inputs) if len(known) < inputs else 0
        )
        for other in set(range(inputs)) - set(known):
            shares[1 + other] += weight * (worth[tuple(sorted((*known, other)))] - value)
    return shares


def _expected(tree: Tree, values: Numbers, row: Numbers, known: set[int], node: int) -> float:
    asked = int(tree.asked[node])
    if asked < 0:
        return float(values[node])
    yes, no = int(tree.yes[node]), int(tree.no[node])
    if asked in known:
        return _expected(tree, values, row, known, yes if _goes_on(tree, node, row[asked]) else no)
    whole = tree.covers[yes] + tree.covers[no]
    parts = [(tree.covers[child] / whole) * _expected(tree, values, row, known, child) for child in (yes, no)]
    return float(sum(parts))


def _goes_on(tree: Tree, node: int, value: float) -> bool:
    if np.isnan(value):
        return bool(tree.gaps[node])
    if node in tree.members:
        return value in tree.members[node]
    return bool(value < tree.thresholds[node] if tree.below else value <= tree.thresholds[node])
