"""A bundle that stands in the gate: its manifest and its ONNX model, and nothing that is a pickle."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import TypeAdapter

from trainer.bundle.bundle import LEVELS, Bundle
from trainer.bundle.servable import one_row_ms
from trainer.contract.columns import Column
from trainer.conversion.onnx_session import session
from trainer.data.encoding import encode
from trainer.decision import Decision, decision_of
from trainer.training.levels import with_levels
from trainer.workspace.confined import answers_of

MODEL = "model.onnx"


@dataclass(frozen=True)
class Split:
    """How a model's hold-out was chosen: the rows below `share`, for that seed; or those newer than `after`."""

    seed: int
    share: float
    after: float | None = None
    """The time of the last row that it trained on, where rows have times."""


@dataclass(frozen=True)
class Contender:
    """A bundle as the gate reads it, and how its rows were split."""

    hash: str
    manifest: dict[str, Any]
    model: bytes
    split: Split
    levels: bytes | None = None
    """The bundle's levels.json, where it has one."""
    version: str | None = None
    """The number in the registry, once it is there."""
    confined: bool = False
    """It came from elsewhere, so it runs in a process of its own, with limits."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(int(file["size"]) for file in self.manifest["files"].values())

    @property
    def schema(self) -> dict[str, Any]:
        """A client's view of it: names, types and order of features, and the classes."""
        features = [one.model_dump(exclude={"description", "minimum", "maximum"}) for one in self.columns]
        return {"task": self.task, "features": features, "target": self.manifest["target"]}

    @property
    def task(self) -> str:
        return str(self.manifest.get("task", "classification"))

    @property
    def segments(self) -> list[str]:
        """The columns whose values are judged one by one."""
        return list(self.manifest.get("segments", []))

    @property
    def decision(self) -> Decision | None:
        """From which probability it says one of two classes. Raises ValueError, KeyError or TypeError."""
        return decision_of(self.manifest)

    def answers(self, features: pd.DataFrame) -> npt.NDArray[np.float64]:
        """As ONNX Runtime gives them: probabilities, n x classes, or n values; `features` is n x columns.

        Raises ChampionError when a confined one breaks a limit.
        """
        output, width = ("value", 1) if self.task == "regression" else ("probabilities", len(self.classes))
        if self.confined:
            with TemporaryDirectory() as folder:
                return answers_of(self.model, encode(features, self.columns), output, width, Path(folder))
        (found,) = self._session.run([output], {"features": encode(features, self.columns)})
        return np.asarray(found, dtype=np.float64)

    def one_row_ms(self, features: pd.DataFrame) -> float:
        """The median milliseconds of one row."""
        return one_row_ms(self._session, encode(features.iloc[:1], self.columns))

    @property
    def classes(self) -> list[str]:
        """None of a regression."""
        return list(self.manifest["target"].get("classes", []))

    @cached_property
    def columns(self) -> list[Column]:
        """The features, in the model's order."""
        columns = TypeAdapter(list[Column]).validate_python(self.manifest["features"])
        return with_levels(columns, self.levels) if self.levels else columns

    @cached_property
    def _session(self) -> Any:
        return session(self.model)


@dataclass(frozen=True)
class IncomparableChampion:
    """A champion that can't be compared with, and why."""

    hash: str
    version: str
    why: str


Champion = Contender | IncomparableChampion


def of_bundle(bundle: Bundle, split: Split, *, confined: bool = False) -> Contender:
    """A bundle on disk; `confined` where it comes from elsewhere."""
    levels = bundle.content(LEVELS) if LEVELS in bundle.manifest["files"] else None
    return Contender(bundle.hash, bundle.manifest, bundle.content(MODEL), split, levels, confined=confined)
