"""`make gate`: retrain on what the source holds now, and hold the result against the one that is committed.

Ends with 1 when the new model is worse, before anything is published. The report is Markdown, also written as the
summary of the job when a workflow runs this.
"""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.contract import read_contract
from trainer.errors import TrainerError
from trainer.layout import Layout
from trainer.repro import repro

ROOT = Path(__file__).resolve().parents[1]
REPORT = "report.json"
# One flower of the thirty-four that iris holds out is chance; two are a worse model.
TOLERANCE = 0.05
"""How much lower the hold-out accuracy may be than the committed model's."""


@dataclass(frozen=True)
class Verdict:
    passed: bool
    why: str


def judge(new: dict[str, Any], committed: dict[str, Any] | None) -> Verdict:
    """May the winner of `new` take the place of the winner of `committed`? Both are reports of the stage `train`."""
    accuracy = _holdout(new)["accuracy"]
    if committed is None:
        return Verdict(
            passed=True, why=f"there is no committed model to compare with; hold-out accuracy {accuracy:.4f}"
        )
    before = _holdout(committed)["accuracy"]
    passed = accuracy >= before - TOLERANCE
    return Verdict(
        passed, f"hold-out accuracy {accuracy:.4f}, the committed model's {before:.4f} (may lose {TOLERANCE})"
    )


def summary(report: dict[str, Any], classes: list[str], verdict: Verdict) -> str:
    """The report of a retraining as Markdown: verdict, candidates, the winner's confusion matrix on the hold-out."""
    winner = report["winner"]
    rows = [
        f"| {'**' + name + '**' if name == winner else name} | {one['cross_validation']['score']:.4f} "
        f"| {one['holdout']['accuracy']:.4f} | {one['holdout']['f1_macro']:.4f} | {one['holdout']['log_loss']:.4f} |"
        for name, one in report["candidates"].items()
    ]
    confusion = report["candidates"][winner]["confusion"]
    return "\n".join(
        [
            f"## {'✅ Passed' if verdict.passed else '❌ Not published'}: {verdict.why}",
            "",
            f"Data `{report['data_sha256'][:8]}`, {report['rows']['training']} rows to learn from, "
            f"{report['rows']['holdout']} held out.",
            "",
            f"| candidate | {report['scoring']}, cross-validated | accuracy | macro F1 | log-loss |",
            "|---|--:|--:|--:|--:|",
            *rows,
            "",
            f"| {winner}, hold-out: is ↓ was taken for → | {' | '.join(classes)} |",
            "|---|" + "--:|" * len(classes),
            *(f"| {name} | {' | '.join(map(str, line))} |" for name, line in zip(classes, confusion, strict=True)),
            "",
        ]
    )


def _holdout(report: dict[str, Any]) -> dict[str, float]:
    measured: dict[str, float] = report["candidates"][report["winner"]]["holdout"]
    return measured


def _read(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def main(root: Path = ROOT) -> int:
    layout = Layout(root)
    committed = _read(layout.train / REPORT)
    try:
        contract = read_contract(layout.contract)
        repro(layout, contract)
    except TrainerError as error:
        sys.stderr.write(f"no new model: {error}\n")
        return 1
    report = json.loads((layout.train / REPORT).read_text(encoding="utf-8"))
    verdict = judge(report, committed)
    text = summary(report, list(contract.target.classes), verdict)
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
    sys.stdout.write(text)
    return 0 if verdict.passed else 1


if __name__ == "__main__":
    sys.exit(main())
