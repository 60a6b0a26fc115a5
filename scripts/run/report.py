"""The end of a demo: what happened, for people on the terminal and for programs as JSON."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

CLASSES = {"accuracy": "accuracy", "f1_macro": "macro F1", "roc_auc": "ROC-AUC", "log_loss": "log-loss"}
VALUES = {"r2": "R²", "rmse": "RMSE", "mae": "MAE"}
CHOSEN_BY = {"average_precision": "average\nprecision", "balanced_accuracy": "balanced\naccuracy"}
"""Figures of classes that are shown in place of macro F1 where the candidates are compared by them."""


@dataclass(frozen=True)
class Candidate:
    """A model that was compared, with its best parameters."""

    name: str
    cv_score: float
    cv_loss: float
    """Log-loss, or of a regression the root mean squared error."""
    holdout: float
    """Accuracy, or of a regression R²."""
    figures: dict[str, float]
    """Every cross-validated figure, by the trainer's names."""

    @classmethod
    def of(cls, name: str, record: dict[str, Any]) -> Self:
        """From the trainer's own report."""
        scores, holdout = record["cross_validation"], record["holdout"]
        if "rmse" in scores:
            return cls(name, scores["score"], scores["rmse"], holdout["r2"], scores)
        return cls(name, scores["score"], scores["log_loss"], holdout["accuracy"], scores)


@dataclass(frozen=True)
class Report:
    """One whole lifecycle; latencies in milliseconds as the client saw them."""

    model: str
    version: str
    alias: str
    bundle: str
    winner: str
    scoring: str
    candidates: list[Candidate]
    predictions: int
    accuracy: float | None
    mean_absolute_error: float | None
    """For a regression, in place of the accuracy; in the target's unit."""
    latency_ms: dict[str, float]
    audit_rows: int
    seconds: float
    artefacts: dict[str, str]

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    def show(self, console: Console) -> None:
        """Three short tables: the candidates, the service, where things lie."""
        for table in (self._candidates(), self._service(), self._places()):
            console.print()
            console.print(table)

    def _candidates(self) -> Table:
        scoring = self.scoring.replace("_", " ")
        table = _table(f"Candidates by {scoring}, cross-validated; the hold-out was never trained on", header=True)
        shown, measured = (CLASSES, "accuracy") if self.accuracy is not None else (VALUES, "R²")
        if heading := CHOSEN_BY.get(self.scoring):
            shown = {self.scoring: heading} | {name: one for name, one in shown.items() if name != "f1_macro"}
        table.add_column("candidate", overflow="fold")
        for heading in (*shown.values(), f"{measured},\nhold-out"):
            table.add_column(heading, justify="right")
        for one in sorted(self.candidates, key=lambda one: (one.name != self.winner, -one.cv_score, one.cv_loss)):
            scores = [*(one.figures[name] for name in shown), one.holdout]
            won = one.name == self.winner
            table.add_row(one.name, *(f"{score:.4g}" for score in scores), style="bold green" if won else "")
        return table

    def _service(self) -> Table:
        table = _table("Served")
        table.add_row("winner", f"{self.winner}: {self.model} version {self.version}, alias {self.alias}")
        outcome = f"mean absolute error {self.mean_absolute_error}"
        if self.accuracy is not None:
            outcome = f"{self.accuracy:.1%} answered right"
        table.add_row("questions over HTTP", f"{self.predictions}, {outcome}")
        table.add_row("latency of one", "   ".join(f"{name} {value:.2f} ms" for name, value in self.latency_ms.items()))
        table.add_row("found in the audit", f"{self.audit_rows} of {self.predictions}")
        table.add_row("whole lifecycle", f"{self.seconds:.0f} s")
        return table

    def _places(self) -> Table:
        table = _table("Where things lie")
        for what, where in self.artefacts.items():
            table.add_row(what, where.replace(self.bundle, f"{self.bundle[:12]}…"), style="dim")
        return table


def _table(title: str, *, header: bool = False) -> Table:
    return Table(
        title=title, title_justify="left", title_style="bold", show_header=header,
        box=SIMPLE_HEAD if header else None, pad_edge=not header,
    )  # fmt: skip
