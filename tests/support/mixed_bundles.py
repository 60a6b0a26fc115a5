"""A tiny regression with every kind of feature: a price that is linear in them, what is missing counting nothing."""

from typing import Any

import numpy as np
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


def _linear_value() -> bytes:
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
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, len(WEIGHTS)])],
        [helper.make_tensor_value_info("value", TensorProto.DOUBLE, [None])],
        [
            numpy_helper.from_array(np.array(WEIGHTS, dtype=np.float64), "weights"),
            numpy_helper.from_array(np.array([0.0], dtype=np.float32), "nothing"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString(deterministic=True)
    return content
