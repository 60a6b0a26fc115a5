"""The whole lifecycle once: data, training, publishing, serving, questions about the rows, each answer in the audit."""

import dataclasses
import json
from typing import Any

import httpx2
from rich.progress import Progress

from scripts.run import questions
from scripts.run.home import Home
from scripts.run.interrupts import Interrupts
from scripts.run.platform import running, services_of, train_and_serve
from scripts.run.report import Candidate, Report
from scripts.run.screen import Screen


def demo(home: Home, screen: Screen, interrupts: Interrupts) -> None:
    """Run the lifecycle, show the report and write it to var/demo/report.json.

    Raises LifecycleError when a part does not start, a step fails, an answer is not a 200 or is missing from the audit.
    """
    # The questions are asked without an API key, whatever the person's own platform asks for.
    environment = {name: value for name, value in home.environment.items() if name != "API_KEYS_FILE"}
    home = dataclasses.replace(home, environment=environment)
    with running(home, interrupts, services_of(home), verb="demo") as processes:
        train_and_serve(home, screen, interrupts, processes)
        model = httpx2.get(f"{home.api_url}/model", timeout=10).raise_for_status().json()
        rows = questions.spread(questions.read_rows(home.root / "data"))
        with Progress(console=screen.console, transient=True) as progress:
            answers = questions.ask(home.api_url, rows, progress)
        with screen.step(f"finding {len(answers.ids)} answers in the audit"):
            landed = questions.find_in_audit(home.audit, answers.ids)
        report = summary(home, screen, model, answers, landed)
        with screen.step("stopping every process"):
            for process in reversed(processes.values()):
                process.stop()
    report.write(home.root / "var/demo/report.json")
    report.show(screen.console)


def summary(home: Home, screen: Screen, model: dict[str, Any], answers: questions.Answers, landed: int) -> Report:
    """Put together what the trainer wrote, what the api says it serves, and what was measured here."""
    trained = json.loads((home.root / "artifacts/train/report.json").read_text())
    bundle: str = model["bundle"]
    return Report(
        model=model["name"],
        version=str(model["version"]),
        alias="production",
        bundle=bundle,
        winner=trained["winner"],
        scoring=trained["scoring"],
        candidates=[Candidate.of(name, record) for name, record in trained["candidates"].items()],
        predictions=len(answers.ids),
        accuracy=answers.accuracy if answers.error is None else None,
        mean_absolute_error=None if answers.error is None else round(answers.error, 4),
        latency_ms=answers.latency_ms(),
        audit_rows=landed,
        seconds=round(screen.seconds, 1),
        artefacts={
            "this report": "var/demo/report.json",
            "the data, checked": "data/processed/",
            "the bundle": f"artifacts/bundles/{bundle}",
            "the pipeline for notebooks": "artifacts/model/model.joblib",
            "experiment and registry": "var/mlflow/mlflow.db (make mlflow shows it)",
            "the audit": "logs/predictions.db",
            "logs": "logs/app.log, var/run/*.log",
        },
    )
