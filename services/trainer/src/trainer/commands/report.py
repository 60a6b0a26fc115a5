"""What came out, for the person at the terminal."""

from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table


def prepared(console: Console, metadata: dict[str, Any]) -> None:
    counts = ", ".join(f"{count} {name}" for name, count in metadata.get("classes", {}).items())
    counts = counts or "{minimum:g} to {maximum:g}".format(**metadata["target"])
    console.print(f"{metadata['name']}: {metadata['rows']} rows ({counts}), sha256 {metadata['sha256'][:8]}")

    for why, count in metadata.get("left_out", {}).items():
        console.print(f"  {count} rows of the source left out: {why}", soft_wrap=True, markup=False)
    for name, count in metadata.get("outside", {}).items():
        console.print(
            f"  {count} values of {name} lie outside the contract's range; they are learnt from (outside: warn)",
            soft_wrap=True, markup=False,
        )  # fmt: skip
    if told := metadata.get("feedback"):
        left_out = "; ".join(f"{count} left out: {why}" for why, count in told["left_out"].items())
        said = f"  of {told['labelled']} labelled predictions {told['kept']} are among them"
        console.print(f"{said}; {left_out}" if left_out else said, soft_wrap=True)


def trained(console: Console, report: dict[str, Any]) -> None:
    """Candidates, best first, with their scores."""
    scoring = str(report["scoring"]).replace("_", " ")
    loss, measured = ("log_loss", "accuracy") if report.get("task") != "regression" else ("rmse", "r2")
    rows = report["rows"]
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column("candidate", no_wrap=True)
    table.add_column("chosen")
    table.add_column(f"{scoring}\n{rows['training']} rows, cross-validated", justify="right")
    table.add_column(loss.replace("_", "-"), justify="right")
    table.add_column(f"{measured}\n{rows['holdout']} rows held out", justify="right")
    candidates = sorted(
        report["candidates"].items(),
        key=lambda one: (
            one[0] != report["winner"],
            -one[1]["cross_validation"]["score"],
            one[1]["cross_validation"][loss],
        ),
    )
    for name, one in candidates:
        validated = one["cross_validation"]
        table.add_row(
            f"{name} ← winner" if name == report["winner"] else name,
            ", ".join(f"{key}={value}" for key, value in one["chosen"].items()),
            f"{validated['score']:.4f}",
            f"{validated[loss]:.4f}",
            f"{one['holdout'][measured]:.4f}",
            style="bold" if name == report["winner"] else None,
        )
    console.print(table)
