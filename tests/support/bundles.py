"""Tiny bundles that keep every rule of docs/formats: a linear model written by hand, made in milliseconds."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

IRIS = ("sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm")
FLOWERS = ("setosa", "versicolor", "virginica")
GOLDEN_ROWS = ((5.1, 3.5, 1.4, 0.2), (6.0, 2.7, 4.2, 1.3), (6.5, 3.0, 5.8, 2.2))
_WEIGHTS = ((-0.4, 0.9, -2.3, -1.0), (0.5, -0.3, 0.2, -0.9), (-0.1, -0.6, 2.1, 1.9))


@dataclass(frozen=True)
class BundleParts:
    """The files of a bundle before they are written, so that a test can spoil one of them."""

    manifest: dict[str, Any]
    files: dict[str, bytes] = field(default_factory=dict)

    def with_file(self, name: str, content: bytes) -> "BundleParts":
        return replace(self, files={**self.files, name: content})

    def write(self, bundles: Path, *, name: str | None = None) -> str:
        """Write the bundle with right checksums and return its name (its hash by default)."""
        entries = {
            file: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            for file, content in self.files.items()
        }
        manifest = canonical({**self.manifest, "files": entries})
        folder = bundles / (name or hashlib.sha256(manifest).hexdigest())
        folder.mkdir(parents=True)
        for file, content in {**self.files, "manifest.json": manifest}.items():
            (folder / file).write_bytes(content)
        return folder.name


def canonical(content: Any) -> bytes:
    return (json.dumps(content, sort_keys=True, indent=2, ensure_ascii=False) + "\n").encode()


def tiny_parts(
    *,
    tilt: float = 0.0,
    dtype: str = "float64",
    features: tuple[str, ...] = IRIS,
    classes: tuple[str, ...] = FLOWERS,
) -> BundleParts:
    """A linear model on Iris. ``tilt`` is added to the first class's score, so that two bundles answer differently."""
    weights = np.resize(np.array(_WEIGHTS, dtype=np.float32), (len(FLOWERS), len(features)))
    bias = np.array([8.0 + tilt, 3.0, -11.0], dtype=np.float32)
    rows = np.resize(np.array(GOLDEN_ROWS), (len(GOLDEN_ROWS), len(features)))
    if dtype == "int64":
        rows = np.round(rows)
    scores = rows.astype(np.float32) @ weights.T + bias
    probabilities = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    golden = [
        {"values": row.tolist(), "label": classes[int(shares.argmax())], "probabilities": shares.tolist()}
        for row, shares in zip(rows, probabilities, strict=True)
    ]
    reference = {
        "format": 1,
        "rows": 150,
        "features": {
            name: {"edges": [2.0, 4.0], "labels": ["(-inf, 2]", "(2, 4]", "(4, inf)"], "share": [0.25, 0.25, 0.5]}
            for name in features
        },
        "classes": dict.fromkeys(classes, 1 / 3),
    }
    return BundleParts(
        _manifest(features, dtype, classes),
        {
            "model.onnx": linear_onnx(weights, bias),
            "model.joblib": b"nothing that serves ever opens this",
            "reference.json": canonical(reference),
            "golden.json": canonical({"format": 1, "rows": golden}),
        },
    )


def make_bundle(serving: Path, *, tilt: float = 0.0) -> str:
    """Write a tiny bundle under ``serving/bundles`` and return its hash."""
    return tiny_parts(tilt=tilt).write(serving / "bundles")


def make_even_bundle(serving: Path, onnx: bytes) -> str:
    """Write a bundle around a model that gives every class the same probability, as the hostile models do."""
    shares = [1 / len(FLOWERS)] * len(FLOWERS)
    golden = [{"values": list(row), "label": FLOWERS[0], "probabilities": shares} for row in GOLDEN_ROWS]
    parts = tiny_parts().with_file("model.onnx", onnx)
    return parts.with_file("golden.json", canonical({"format": 1, "rows": golden})).write(serving / "bundles")


def write_policy(serving: Path, generation: int, bundle: str | None, version: str = "1", **others: Any) -> None:
    """Replace policy.json the way the courier does: by an atomic rename."""
    policy = {
        "format": 1,
        "generation": generation,
        "model": "iris_clf",
        "production": {"version": version, "bundle": bundle} if bundle else None,
        "canary": None,
        "shadow": None,
        **others,
    }
    serving.mkdir(parents=True, exist_ok=True)
    incoming = serving / ".policy.json"
    incoming.write_bytes(canonical(policy))
    incoming.replace(serving / "policy.json")


def linear_onnx(weights: np.ndarray[Any, Any], bias: np.ndarray[Any, Any], *, external: str | None = None) -> bytes:
    """softmax(x @ weights.T + bias) and its argmax; ``external`` moves the weights to a file of that name."""
    tensor = numpy_helper.from_array(np.ascontiguousarray(weights.T), "weights")
    if external is not None:
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=external)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["features", "weights"], ["products"]),
            helper.make_node("Add", ["products", "bias"], ["scores"]),
            helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
            helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
        ],
        "classifier",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, weights.shape[1]])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, weights.shape[0]]),
        ],
        [tensor, numpy_helper.from_array(bias, "bias")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    content: bytes = model.SerializeToString(deterministic=True)
    if external is None:
        onnx.checker.check_model(model)
    return content


def _manifest(features: tuple[str, ...], dtype: str, classes: tuple[str, ...]) -> dict[str, Any]:
    quality = {"accuracy": 0.9, "precision_macro": 0.9, "recall_macro": 0.9, "f1_macro": 0.9, "roc_auc": 0.9}
    per_class = {"precision": 0.9, "recall": 0.9, "f1": 0.9, "support": 10}
    return {
        "format": 1,
        "model": "iris_clf",
        "estimator": "LogisticRegression",
        "task": "classification",
        "features": [
            {"name": name, "dtype": dtype, "unit": "cm", "minimum": 0, "maximum": 10, "description": f"the {name}"}
            for name in features
        ],
        "target": {"name": "species", "classes": list(classes)},
        "quality": {**quality, "log_loss": 0.2, "per_class": dict.fromkeys(classes, per_class)},
        "provenance": {"data_sha256": "0" * 64, "params_sha256": "1" * 64, "libraries": {"numpy": "2"}},
    }
