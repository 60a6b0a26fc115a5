"""What a bundle predicts, asked by ONNX Runtime alone: the yardstick for answers that came through a server."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime


@dataclass(frozen=True)
class Expected:
    label: str
    probabilities: dict[str, float]


@dataclass(frozen=True)
class Offline:
    """The model in ``folder``, a bundle named by its hash."""

    folder: Path

    @property
    def bundle(self) -> str:
        return self.folder.name

    def predict(self, rows: Sequence[dict[str, float]]) -> list[Expected]:
        manifest = json.loads((self.folder / "manifest.json").read_bytes())
        names, classes = [feature["name"] for feature in manifest["features"]], manifest["target"]["classes"]
        matrix = np.array([[row[name] for name in names] for row in rows], dtype=np.float32)
        labels, shares = self._session.run(["label", "probabilities"], {self._session.get_inputs()[0].name: matrix})
        return [
            Expected(classes[int(label)], dict(zip(classes, map(float, share), strict=True)))
            for label, share in zip(labels, shares, strict=True)
        ]

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        return onnxruntime.InferenceSession(str(self.folder / "model.onnx"), options)
