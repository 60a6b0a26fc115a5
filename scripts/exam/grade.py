"""The results of a table's walk, compared with the bar of the exam."""

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import yaml

from scripts.exam.tables import Table

MOST_BYTES = 50 * 1024 * 1024
MOST_SECONDS = 600.0
MOST_MB = 3 * 1024
ALLOWANCE = 0.01
"""How far below its baseline a figure may be, as a share of the baseline."""


@dataclass(frozen=True)
class Grade:
    """`figure` is the winner's by the table's metric, on the whole table; None where no metric is agreed on."""

    winner: str
    figure: float | None
    features: tuple[str, ...]
    bundle_bytes: int
    predictions: int
    audited: int

    def faults(self, table: Table, seconds: float, peak_mb: float) -> list[str]:
        """Each line names one bar that is missed."""
        least = table.baseline * (1 - ALLOWANCE)
        wrong = sorted(set(self.features) & set(table.left_out))
        return [
            *([f"{table.metric} {self.figure:.3f} < {least:.3f}"] if (self.figure or 0) < least else []),
            *([f"features that must be left out: {', '.join(wrong)}"] if wrong else []),
            *([f"bundle of {self.bundle_bytes / 2**20:.0f} MB"] if self.bundle_bytes > MOST_BYTES else []),
            *([f"{self.audited} of {self.predictions} answers audited"] if self.audited != self.predictions else []),
            *(["no prediction was asked for"] if not self.predictions else []),
            *([f"{seconds:.0f} s"] if seconds > MOST_SECONDS else []),
            *([f"{peak_mb:.0f} MB of memory"] if peak_mb > MOST_MB else []),
        ]


def figure_in_a_process(metric: str, home: Path) -> float:
    """`whole_table_figure`, in a process of its own.

    The peak that Linux reports for a step is at least its parent's: fits in the exam's own process would be counted as
    memory of the tables that follow.
    """
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_figure, metric, home).result()


def _figure(metric: str, home: Path) -> float:
    from scripts.exam.figure import whole_table_figure

    return whole_table_figure(metric, home)


def read_grade(table: Table, home: Path) -> Grade:
    """From the reports of training and demo in `home`."""
    trained = json.loads((home / "artifacts/train/report.json").read_text())
    shown = json.loads((home / "var/demo/report.json").read_text())
    contract = yaml.safe_load((home / "data/contract.yaml").read_text())
    winner = trained["winner"]
    bundle = home / "artifacts" / "bundles" / shown["bundle"]
    return Grade(
        winner=winner,
        figure=figure_in_a_process(table.metric, home) if table.metric else None,
        features=tuple(column["name"] for column in contract["columns"]),
        bundle_bytes=sum(file.stat().st_size for file in bundle.iterdir()),
        predictions=shown["predictions"],
        audited=shown["audit_rows"],
    )
