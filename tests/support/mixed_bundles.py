"""A tiny regression with every kind of feature: a price that is linear in them, what is missing counting nothing."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.support.bundles import BundleParts, canonical

WEIGHTS = (10.0, 1.0, -5.0, 3.0, 20.0, -8.0)
NUMBER = {"kind": "number", "unit": "mm", "minimum": 0, "maximum": 10, "description": "How long"}
FEATURES: list[dict[str, Any]] = [
    {"name": "mean length (µ)", "dtype": "float64", "nullable": True, **NUMBER},
    {"name": "count", "dtype": "int64", "nullable": False, **NUMBER},
    {"name": "colour", "kind": "category", "categories": ["red", "dark blue"], "unknown": "refuse", "nullable": True,
     "description": ""},
    {"name": "shop", "kind": "category", "categories": ["a", "b"], "unknown": "other", "nullable": False,
     "description": "Where"},
    {"name": "paid", "kind": "boolean", "nullable": False, "description": "Whether it was paid"},
    {"name": "returned", "kind": "boolean", "nullable": True, "description": ""},
]  # fmt: skip
ROWS: list[tuple[list[Any], float]] = [
    ([2.5, 3, "red", "a", True, False], 48.0),
    ([None, 4, None, "b", False, None], 7.0),
]


def mixed_parts() -> BundleParts:
    halves: dict[str, Any] = {"edges": [5.0], "labels": ["(-inf, 5]", "(5, inf)"]}
    reference = {
        "mean length (µ)": {**halves, "labels": [*halves["labels"], "missing"], "share": [0.25, 0.5, 0.25]},
        "count": {**halves, "share": [0.5, 0.5]},
        "colour": {"labels": ["red", "dark blue", "missing"], "share": [0.5, 0.25, 0.25]},
        "shop": {"labels": ["a", "b", "other"], "share": [0.5, 0.25, 0.25]},
        "paid": {"labels": ["false", "true"], "share": [0.5, 0.5]},
        "returned": {"labels": ["false", "true", "missing"], "share": [0.5, 0.25, 0.25]},
    }
    price = {"edges": [50.0], "labels": ["(-inf, 50]", "(50, inf)"], "share": [0.5, 0.5]}
    manifest = {
        "format": 1,
        "model": "prices",
        "estimator": "Ridge",
        "task": "regression",
        "features": FEATURES,
        "target": {"name": "price", "unit": "EUR", "minimum": 0, "maximum": 100},
        "quality": {"rmse": 2.5, "mae": 1.5, "r2": 0.8},
        "provenance": {"data_sha256": "0" * 64, "params_sha256": "1" * 64, "libraries": {"numpy": "2"}},
    }
    golden = [{"values": values, "value": value} for values, value in ROWS]
    return BundleParts(
        manifest,
        {
            "model.onnx": _linear_value(),
            "model.joblib": b"nothing that serves ever opens this",
            "reference.json": canonical({"format": 1, "features": reference, "target": price}),
            "golden.json": canonical({"format": 1, "rows": golden}),
        },
    )


def dated_parts() -> BundleParts:
    """A price that rises with a day, an hour and the index of a learned level."""
    usual = {"minimum": "2026-01-01", "maximum": "2026-12-31", "reference": "2026-12-31", "description": ""}
    halves: dict[str, Any] = {"edges": [-100.0], "labels": ["(-inf, 2026-09-22]", "(2026-09-22, +inf)"]}
    parts = mixed_parts()
    features = [
        {"name": "born", "kind": "date", "nullable": False, **usual},
        {"name": "seen", "kind": "datetime", "nullable": True, **usual},
        {"name": "shop", "kind": "category", "levels": "learned", "unknown": "other", "nullable": False,
         "description": ""},
    ]  # fmt: skip
    reference = {
        "born": {**halves, "share": [0.5, 0.5]},
        "seen": {**halves, "labels": [*halves["labels"], "missing"], "share": [0.5, 0.25, 0.25]},
        "shop": {"labels": ["a", "b", "other"], "share": [0.5, 0.5, 0.0]},
    }
    days_of_born, hour_of_seen, shop = 0, 10, 11
    weights = np.zeros(12)
    weights[[days_of_born, hour_of_seen, shop]] = 1.0, 2.0, 10.0
    price = json.loads(parts.files["reference.json"])["target"]
    golden = [{"values": ["2027-01-10", "2026-11-28T05:30:00+01:00", "b"], "value": 28.0}]
    return BundleParts(
        {**parts.manifest, "features": features},
        {
            **parts.files,
            "model.onnx": _linear_value(weights),
            "levels.json": canonical({"format": 1, "features": {"shop": ["a", "b"]}}),
            "reference.json": canonical({"format": 1, "features": reference, "target": price}),
            "golden.json": canonical({"format": 1, "rows": golden}),
        },
    )


def _linear_value(weights: Sequence[float] | npt.NDArray[np.float64] = WEIGHTS) -> bytes:
    """sum(weights * features), a NaN being nothing; float in, double out."""
    nodes = [
        helper.make_node("IsNaN", ["features"], ["gaps"]),
        helper.make_node("Where", ["gaps", "nothing", "features"], ["filled"]),
        helper.make_node("Cast", ["filled"], ["wide"], to=TensorProto.DOUBLE),
        helper.make_node("MatMul", ["wide", "weights"], ["value"]),
    ]
    graph = helper.make_graph(
        nodes,
        "regressor",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, len(weights)])],
        [helper.make_tensor_value_info("value", TensorProto.DOUBLE, [None])],
        [
            numpy_helper.from_array(np.array(weights, dtype=np.float64), "weights"),
            numpy_helper.from_array(np.array([0.0], dtype=np.float32), "nothing"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content
