"""The results, for the person at the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from trainer.candidates import spelt

CLASSES = {
    "accuracy": "accu-\nracy",
    "balanced_accuracy": "bal.\nacc.",
    "f1_macro": "macro\nF1",
    "roc_auc": "ROC\nAUC",
    "average_precision": "avg.\nprec.",
    "log_loss": "log-\nloss",
}
VALUES = {"r2": "R²", "rmse": "RMSE", "mae": "MAE", "quantile_loss": "quantile\nloss"}
UNITS = ("rmse", "mae", "quantile_loss")
"""Figures in the target's unit, of any size."""


def prepared(console: Console, metadata: dict[str, Any]) -> None:
    """Print what `prepare` found in the table."""
    counts = ", ".join(f"{count} {name}" for name, count in metadata.get("classes", {}).items())
    counts = counts or "{minimum:g} to {maximum:g}".format(**metadata["target"])
    console.print(f"{metadata['name']}: {metadata['rows']} rows ({counts}), sha256 {metadata['sha256'][:8]}")

    for why, count in metadata.get("left_out", {}).items():
        rows = "row" if count == 1 else "rows"
        console.print(f"  {count} {rows} of the source left out: {why}", soft_wrap=True, markup=False)
    for name, count in metadata.get("outside", {}).items():
        console.print(
            f"  {count} values of {name} lie outside the contract's range; they are learnt from (outside: warn)",
            soft_wrap=True, markup=False,
        )  # fmt: skip
    if feedback := metadata.get("feedback"):
        left_out = "; ".join(f"{count} left out: {why}" for why, count in feedback["left_out"].items())
        line = f"  of {feedback['labelled']} labelled predictions {feedback['kept']} are among them"
        console.print(f"{line}; {left_out}" if left_out else line, soft_wrap=True)


def trained(console: Console, report: dict[str, Any], timings: Mapping[str, Mapping[str, float]]) -> None:
    """Candidates, best first, with their scores; below them a guess, time and size, what was left out, what to look at.

    `timings` holds seconds and milliseconds by candidate; a model that was adopted has none.
    """
    regression, winner = report.get("task") == "regression", report["winner"]
    loss = "rmse" if regression else "log_loss"
    order = sorted(
        report["candidates"].items(),
        key=lambda one: (one[0] != winner, -one[1]["cross_validation"]["score"], one[1]["cross_validation"][loss]),
    )
    console.print(_scores(report, order, VALUES if regression else CLASSES))
    for name, one in order:
        if name in timings:
            measured, size = timings[name], one["size"] / 1000
            cost = f"{one['words']}, {measured['fit_seconds']:.2g} s to fit, {size:,.0f} kB"
            if "p99_ms" in measured:
                cost += f", p99 of one row {measured['p99_ms']:.2g} ms"
            console.print(f"  {name}: {cost}", soft_wrap=True, markup=False, highlight=False)
    if chosen := report["candidates"][winner].get("threshold"):
        console.print(
            f"  {winner} says {chosen['class']} from {chosen['at']:.4g}: {chosen['scoring']} {chosen['score']:.3f} "
            f"in cross-validation, {chosen['score_at_half']:.3f} from one half (threshold in params.yaml)",
            soft_wrap=True, markup=False, highlight=False,
        )  # fmt: skip
    for name, reason in report.get("left_out", {}).items():
        console.print(f"  {name}: {reason}", soft_wrap=True, markup=False, highlight=False)
    for line in report.get("warnings", []):
        console.print(f"  LOOK: {line}", style="bold yellow", soft_wrap=True, markup=False, highlight=False)


def _scores(report: dict[str, Any], order: list[tuple[str, dict[str, Any]]], labels: Mapping[str, str]) -> Table:
    rows, scoring, guessed = report["rows"], str(report["scoring"]), report["guess"]
    scores = {key: label for key, label in labels.items() if key in guessed}
    split = {"time": "the newest rows", "group": "whole groups"}.get(report.get("split", {}).get("by", ""), "shuffled")
    table = Table(
        box=SIMPLE,
        pad_edge=False,
        title=f"cross-validated on {rows.get('cross_validated', rows['training'])} rows, held out {rows['holdout']} "
        f"({split}); chosen by {scoring.replace('_', ' ')}",
        title_justify="left",
    )
    table.add_column("candidate")
    for label in scores.values():
        table.add_column(label, justify="right")
    for name, one in order:
        won = name == report["winner"]
        note = "; ".join(part for part in ("winner" if won else "", spelt(one["chosen"])) if part)
        figures = one["cross_validation"]
        table.add_row(
            f"{name}\n  {note}" if note else name,
            *(f"{figures[key]:.4g}" if key in UNITS else f"{figures[key]:.3f}" for key in scores),
            style="bold" if won else None,
        )
    table.add_row(
        "a guess", *(f"{guessed[key]:.4g}" if key in UNITS else f"{guessed[key]:.3f}" for key in scores), style="dim"
    )
    return table
