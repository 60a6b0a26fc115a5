"""A bundle that stands in the gate: its manifest and its ONNX model, and nothing that is a pickle."""

import json
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime
import pandas as pd
from pydantic import TypeAdapter

from trainer.bundle import MANIFEST, Bundle
from trainer.columns import Column
from trainer.control import Version
from trainer.encoding import encode
from trainer.errors import RegistryError
from trainer.files import sha256

MODEL = "model.onnx"
WARM_UP, TIMED = 20, 200


@dataclass(frozen=True)
class Split:
    """How a model's hold-out was chosen: the rows that fall below `share`, for that seed."""

    seed: int
    share: float


@dataclass(frozen=True)
class Contender:
    hash: str
    manifest: dict[str, Any]
    model: bytes
    split: Split
    version: str | None = None
    """In the registry, once it is there."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(int(file["size"]) for file in self.manifest["files"].values())

    @property
    def schema(self) -> dict[str, Any]:
        """What a client sees of it: names, types and order of features, and the classes."""
        features = [one.model_dump(exclude={"description", "minimum", "maximum"}) for one in self._columns]
        return {"task": self.task, "features": features, "target": self.manifest["target"]}

    @property
    def task(self) -> str:
        return str(self.manifest.get("task", "classification"))

    def answers(self, features: pd.DataFrame) -> npt.NDArray[np.float64]:
        """As ONNX Runtime gives them: probabilities, n x classes, or n values; `features` is n x columns."""
        output = "value" if self.task == "regression" else "probabilities"
        (found,) = self._session.run([output], {"features": encode(features, self._columns)})
        return np.asarray(found, dtype=np.float64)

    def one_row_ms(self, features: pd.DataFrame) -> float:
        """The median milliseconds of one row."""
        row: dict[str, Any] = {"features": encode(features.iloc[:1], self._columns)}
        seconds: list[float] = []
        for _ in range(WARM_UP + TIMED):
            started = time.perf_counter()
            self._session.run(None, row)
            seconds.append(time.perf_counter() - started)
        return median(seconds[WARM_UP:]) * 1000

    @cached_property
    def _columns(self) -> list[Column]:
        return TypeAdapter(list[Column]).validate_python(self.manifest["features"])

    @cached_property
    def _session(self) -> Any:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return onnxruntime.InferenceSession(self.model, options, providers=["CPUExecutionProvider"])


class Files(Protocol):
    """Where a version's bundle comes from."""

    def download(self, run_id: str, name: str, into: Path) -> Path: ...

    def param(self, run_id: str, name: str) -> str | None: ...


def of_bundle(bundle: Bundle, split: Split) -> Contender:
    """A bundle on disk."""
    return Contender(bundle.hash, bundle.manifest, bundle.content(MODEL), split)


def of_version(version: Version, files: Files) -> Contender:
    """A registered version, its files checked against the hash in its tag. Raises RegistryError when they differ."""
    with TemporaryDirectory() as folder:
        manifest = files.download(version.run_id, MANIFEST, Path(folder)).read_bytes()
        model = files.download(version.run_id, MODEL, Path(folder)).read_bytes()
    if sha256(manifest) != version.bundle:
        raise _broken(version, f"its {MANIFEST} is not the one that the tag names")
    try:
        told = json.loads(manifest)
        expected = told["files"][MODEL]["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise _broken(version, f"its {MANIFEST} can't be read: {error}") from error
    if sha256(model) != expected:
        raise _broken(version, f"its {MODEL} is not the one that its manifest names")
    seed, share = files.param(version.run_id, "seed"), files.param(version.run_id, "holdout_share")
    if seed is None or share is None:
        raise _broken(version, "its run has no parameters seed and holdout_share, so nobody knows what it trained on")
    return Contender(version.bundle, told, model, Split(int(seed), float(share)), version.number)


def _broken(version: Version, what: str) -> RegistryError:
    return RegistryError(
        f"version {version.number} can't be compared with: {what}; "
        "`make promote VERSION=4` puts a version in its place without a comparison"
    )
