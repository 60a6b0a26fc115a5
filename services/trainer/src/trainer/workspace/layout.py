"""The paths of all files, below the folder that holds params.yaml. dvc.yaml names the same files."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The paths of a checkout."""

    root: Path

    @property
    def contract(self) -> Path:
        return self.root / "data" / "contract.yaml"

    @property
    def params(self) -> Path:
        return self.root / "params.yaml"

    def raw(self, name: str) -> Path:
        """The data set as its source gave it."""
        return self.root / "data" / "raw" / f"{name}.csv"

    def processed(self, name: str) -> Path:
        """The data set as every later stage reads it: checked, columns in the contract's order."""
        return self.root / "data" / "processed" / f"{name}.csv"

    @property
    def row_schema(self) -> Path:
        return self.root / "data" / "schema.json"

    @property
    def metadata(self) -> Path:
        return self.root / "data" / "metadata.json"

    @property
    def train(self) -> Path:
        """All that `train` makes: the winner, the report, plots/<candidate>.png."""
        return self.root / "artifacts" / "train"

    @property
    def winner(self) -> Path:
        return self.train / "model.joblib"

    @property
    def report(self) -> Path:
        """Candidates and their scores."""
        return self.train / "report.json"

    def plot(self, candidate: str) -> Path:
        return self.train / "plots" / f"{candidate}.png"

    @property
    def timings(self) -> Path:
        """Seconds to fit and predict. Never the same twice, so not one of DVC's outputs."""
        return self.root / "artifacts" / "timings.json"

    @property
    def bundles(self) -> Path:
        return self.root / "artifacts" / "bundles"

    @property
    def model(self) -> Path:
        return self.root / "artifacts" / "model" / "model.joblib"

    @property
    def feedback(self) -> Path:
        """Labelled predictions, a CSV for each day on which they were fetched."""
        return self.root / "data" / "feedback"

    @property
    def rejected(self) -> Path:
        """Labelled predictions that break the contract, and why."""
        return self.root / "var" / "feedback"

    @property
    def replays(self) -> Path:
        """Reports of replays: a page and its figures."""
        return self.root / "var" / "replay"

    def card(self, version: str) -> Path:
        """The card of a version of the registered model."""
        return self.root / "var" / "cards" / f"version-{version}.html"

    @property
    def adopted(self) -> Path:
        """A folder for each contract that a model was adopted for, laid out like this one."""
        return self.root / "var" / "adopted"

    @property
    def lock(self) -> Path:
        """Held by the one training that works in this folder."""
        return self.root / "var" / "trainer.lock"
