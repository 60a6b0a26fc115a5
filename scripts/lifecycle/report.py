"""The end of a demo: what happened, for people on the terminal and for programs as JSON."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Candidate:
    """A model that was compared, with its best parameters."""

    name: str
    cv_score: float
    cv_log_loss: float
    holdout_accuracy: float

    @classmethod
    def of(cls, name: str, record: dict[str, Any]) -> Self:
        """From the trainer's own report."""
        scores = record["cross_validation"]
        return cls(name, scores["score"], scores["log_loss"], record["holdout"]["accuracy"])


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
    accuracy: float
    latency_ms: dict[str, float]
    audit_rows: int
    seconds: float
    artefacts: dict[str, str]

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    def show(self, console: Console) -> None:
        """Three short tables: the candidates, the service, where things lie."""
        console.print()
        console.print(self._candidates())
        console.print(self._service())
        console.print(self._places())

    def _candidates(self) -> Table:
        table = Table(title="Candidates (cross-validated; the hold-out was never trained on)", title_justify="left")
        for column in ("candidate", self.scoring, "log-loss", "accuracy on the hold-out", ""):
            table.add_column(column, justify="left" if column in ("candidate", "") else "right")
        for one in self.candidates:
            won = one.name == self.winner
            scores = (one.cv_score, one.cv_log_loss, one.holdout_accuracy)
            mark = f"◀ {self.model} version {self.version}, alias {self.alias}" if won else ""
            table.add_row(one.name, *(f"{score:.4f}" for score in scores), mark, style="bold" if won else "")
        return table

    def _service(self) -> Table:
        table = Table(title="Served", title_justify="left", show_header=False)
        table.add_row("predictions asked over HTTP", str(self.predictions))
        table.add_row("of them right", f"{self.accuracy:.1%}")
        times = "   ".join(f"{name} {value:.2f} ms" for name, value in self.latency_ms.items())
        table.add_row("latency, one row a request", times)
        table.add_row("found again in the audit", str(self.audit_rows))
        table.add_row("the whole lifecycle took", f"{self.seconds:.0f} s")
        return table

    def _places(self) -> Table:
        table = Table(title="Where things lie", title_justify="left", show_header=False)
        for what, where in self.artefacts.items():
            table.add_row(what, where, style="dim")
        return table
