"""`make gate`: retrain on what the source holds now, and hold the result against the model that is there already.

Which model that is: production in the registry where MLFLOW_TRACKING_URI names one, else what lay in artifacts/
before (`make dvc-pull` brings the committed one). Publishes nothing; ends with 1 when the gate refuses. The report is
Markdown, also written as the summary of the job when a workflow runs this.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from trainer.bundle.bundle import read_bundle, read_report
from trainer.commands.repro import repro
from trainer.contract.contract import Contract, read_contract
from trainer.errors import StageError, TrainerError
from trainer.gate.champion import of_version
from trainer.gate.contender import Champion, Contender, Split, of_bundle
from trainer.gate.judging import judge_of
from trainer.params import Params, read_params
from trainer.registry.control import PRODUCTION
from trainer.registry.training_files import read_publication
from trainer.registry.verdict import Verdict
from trainer.registry.versions import MlflowVersions
from trainer.settings import read_settings
from trainer.terminal import accept_any_text
from trainer.workspace.layout import Layout


def summary(report: dict[str, Any], classes: list[str], verdict: Verdict) -> str:
    """The report of a retraining as Markdown: verdict, candidates, the winner's confusion matrix on the hold-out."""
    winner = report["winner"]
    mark = "✅ Passed" if verdict.passed else "❌ Refused"
    lines = [
        f"## {mark}: {verdict.short}",
        "",
        f"Data `{report['data_sha256'][:8]}`, {report['rows']['training']} rows to learn from, "
        f"{report['rows']['holdout']} held out. Compared with {_champion(verdict)}.",
        "",
        "| criterion | on | found | must be | |",
        "|---|---|---|---|---|",
        *(
            f"| {one.name} | {one.on} | {one.found} | {one.limit} | {'' if one.passed else '❌'} |"
            for one in verdict.criteria
        ),
        "",
        *(f"- {line}" for line in verdict.advice),
        "",
        f"| candidate | {report['scoring']}, cross-validated |",
        "|---|--:|",
        *(
            f"| {'**' + name + '**' if name == winner else name} | {one['cross_validation']['score']:.4f} |"
            for name, one in report["candidates"].items()
        ),
        "",
    ]
    confusion = report["candidates"][winner].get("confusion")
    if confusion:
        lines += [
            f"| {winner}, hold-out: is ↓ was taken for → | {' | '.join(classes)} |",
            "|---|" + "--:|" * len(classes),
            *(f"| {name} | {' | '.join(map(str, line))} |" for name, line in zip(classes, confusion, strict=True)),
            "",
        ]
    return "\n".join(lines)


def _champion(verdict: Verdict) -> str:
    if verdict.champion is None:
        return "nothing: there is no model yet"
    where = "the committed bundle" if verdict.champion_version is None else f"version {verdict.champion_version}"
    return f"{where} `{verdict.champion[:8]}`"


def committed(layout: Layout, params: Params) -> Contender | None:
    """The bundle that is in artifacts/; None where there is none."""
    try:
        after = read_report(layout).get("split", {}).get("after")
        return of_bundle(read_bundle(layout), Split(params.seed, params.holdout_share, after), confined=True)
    except StageError:
        return None


def champion(layout: Layout, contract: Contract, params: Params) -> Champion | None:
    """Production, or the committed bundle. Raises RegistryError."""
    if "MLFLOW_TRACKING_URI" not in os.environ:
        return committed(layout, params)
    registry = MlflowVersions(read_settings())
    serving = registry.state(contract.registered_model).aliased(PRODUCTION)
    return None if serving is None else of_version(serving, registry)


def main() -> int:
    layout = Layout(Path())
    try:
        contract, params = read_contract(layout.contract), read_params(layout.params)
        before = champion(layout, contract, params)
        repro(layout, contract)
        publication = read_publication(layout, contract, params)
        verdict = judge_of(publication, params)(before)
    except TrainerError as error:
        sys.stderr.write(f"no new model: {error}\n")
        return 1
    text = summary(json.loads(layout.report.read_bytes()), list(contract.target.classes), verdict)
    if path := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
    sys.stdout.write(text)
    return 0 if verdict.passed else 1


if __name__ == "__main__":
    accept_any_text()
    sys.exit(main())
