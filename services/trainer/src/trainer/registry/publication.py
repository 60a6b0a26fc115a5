"""A training's entry for the registry: what is recorded, judged and registered of it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.pipeline import Pipeline

from trainer.bundle.bundle import Bundle
from trainer.data.dataset import Rows


@dataclass(frozen=True)
class TrainingData:
    """The table of a training, for MLflow.

    `frame` is the whole processed data set, target last; `example` a few rows without the target.
    """

    name: str
    source: str
    sha256: str
    target: str
    frame: pd.DataFrame
    example: pd.DataFrame


@dataclass(frozen=True)
class Publication:
    """All that is registered as one version."""

    experiment: str
    model: str
    bundle: Bundle
    pipeline: Pipeline | None
    """None where the model was adopted: its pickle is never opened here."""
    dataset: TrainingData
    report: dict[str, Any]
    timings: dict[str, dict[str, float]]
    params: dict[str, Any]
    """params.yaml, nested keys joined by dots."""
    tags: dict[str, str]
    plots: dict[str, Path]
    holdout: Rows
    """The rows that no candidate has trained on."""
    feedback: Rows | None
    """Those of the newest labelled predictions that no candidate has trained on; None where there are none."""
    parity: float
    """The largest difference between the ONNX model and scikit-learn, as in the gate."""
    split_after: float | None
    """The time of the last row that was trained on, where the table has times."""
    place: str
    """Names the folder that publishes, so that the next one there knows what a killed one left."""

    @property
    def winner(self) -> str:
        return str(self.report["winner"])

    @property
    def bundle_size(self) -> int:
        """Bytes of the bundle's files."""
        return sum(int(file["size"]) for file in self.bundle.manifest["files"].values())

    @property
    def run_name(self) -> str:
        return f"{self.winner}-{self.bundle.hash[:8]}"

    @property
    def candidates(self) -> dict[str, dict[str, Any]]:
        candidates: dict[str, dict[str, Any]] = self.report["candidates"]
        return candidates

    @cached_property
    def metrics(self) -> dict[str, dict[str, float]]:
        """For each candidate: its quality on the hold-out, its cross-validated scores, its seconds if kept, its size;
        for the winner also the bundle's. Sizes are megabytes, as gate.size_mb counts them."""
        return {
            name: {
                **{key: value for key, value in one["holdout"].items() if key != "per_class"},
                **_cross_validated(str(self.report["scoring"]), one.get("cross_validation", {})),
                **self.timings.get(name, {}),
                **({"size_mb": one["size"] / 1e6} if one.get("size") is not None else {}),
                **({"bundle_mb": self.bundle_size / 1e6} if name == self.winner else {}),
            }
            for name, one in self.candidates.items()
        }

    def per_class(self, name: str) -> str | None:
        """The per-class table as CSV, which MLflow's page shows as a table; a regression has none."""
        rows: dict[str, dict[str, float]] | None = self.candidates[name]["holdout"].get("per_class")
        if rows is None:
            return None
        table = pd.DataFrame.from_dict(rows, orient="index", columns=["precision", "recall", "f1", "support"])
        return str(table.loc[self.bundle.manifest["target"]["classes"]].to_csv(index_label="class"))


def _cross_validated(scoring: str, figures: dict[str, float]) -> dict[str, float]:
    named = {f"cv_{key}": value for key, value in figures.items() if key != "score"}
    return {f"cv_{scoring}": figures["score"], **named} if figures else {}
