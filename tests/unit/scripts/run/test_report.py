"""The report of a demo shows the figure that its candidates were compared by."""

import io

import pytest
from rich.console import Console

from scripts.run.report import Candidate, Report

FIGURES = {"accuracy": 0.96, "balanced_accuracy": 0.52, "f1_macro": 0.53, "roc_auc": 0.83, "average_precision": 0.29}


def shown(scoring: str) -> str:
    record = {"cross_validation": FIGURES | {"log_loss": 0.13, "score": 0.29}, "holdout": {"accuracy": 0.93}}
    report = Report(
        model="m", version="1", alias="production", bundle="b", winner="hist_gradient_boosting", scoring=scoring,
        candidates=[Candidate.of("hist_gradient_boosting", record)], predictions=9, accuracy=0.9,
        mean_absolute_error=None, latency_ms={"p50": 1.0}, audit_rows=9, seconds=1.0, artefacts={},
    )  # fmt: skip
    console = Console(file=io.StringIO(), width=80)
    report.show(console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("scoring", "figure"),
    [("average_precision", "0.29"), ("balanced_accuracy", "0.52"), ("f1_macro", "0.53"), ("accuracy", "0.96")],
)
def test_the_figure_that_the_candidates_are_compared_by_has_a_column(scoring: str, figure: str) -> None:
    table = shown(scoring)
    assert all(word in table for word in scoring.replace("f1_macro", "macro F1").split("_"))
    assert figure in table
    assert "…" not in table
    assert all(len(line) <= 80 for line in table.splitlines())


def test_the_name_of_a_candidate_is_whole_on_eighty_columns() -> None:
    assert "hist_gradient_boosting " in shown("accuracy")
