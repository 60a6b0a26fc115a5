"""Ask the served model about every row of the data set, and find each answer again in the audit."""

import csv
import sqlite3
import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import yaml
from rich.progress import Progress

from scripts.run.errors import LifecycleError
from scripts.run.processes import wait_until

LANDED_SECONDS = 30
MOST_QUESTIONS = 10_000
"""At most this many rows of a larger table are asked about; SQLite takes some 30,000 ids in one query."""


Row = dict[str, Any]
"""Natural values by feature: numbers, text, true or false, or None for what is missing."""


@dataclass(frozen=True)
class Answers:
    """The answers, in the order asked; times are seconds as the client saw them."""

    ids: list[str]
    right: int
    seconds: list[float]
    error: float | None = None
    """For a regression, where no answer is right or wrong: the mean absolute error, in the target's unit."""

    @property
    def accuracy(self) -> float:
        return self.right / len(self.ids)

    def latency_ms(self) -> dict[str, float]:
        """p50, p95 and p99 in milliseconds."""
        cuts = statistics.quantiles(self.seconds, n=100, method="inclusive")
        return {f"p{p}": round(cuts[p - 1] * 1000, 3) for p in (50, 95, 99)}


def read_rows(data: Path) -> Iterable[tuple[Row, str]]:
    """Each prepared row of the contract in folder `data` as (features, truth), typed as the contract says."""
    page = yaml.safe_load((data / "contract.yaml").read_text())
    with (data / "processed" / f"{page['name']}.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            features = {column["name"]: _value(row[column["name"]], column) for column in page["columns"]}
            yield features, row[page["target"]["name"]]


def spread(rows: Iterable[tuple[Row, str]], most: int = MOST_QUESTIONS) -> list[tuple[Row, str]]:
    """At most `most` of the rows, at even distances, so that a table in any order is asked about as a whole."""
    every = list(rows)
    count = min(len(every), most)
    return [every[place * len(every) // count] for place in range(count)]


def _value(cell: str, column: dict[str, Any]) -> Any:
    if cell == "" and column.get("nullable"):
        return None
    match column.get("kind", "number"):
        case "category" | "date" | "datetime":
            return cell
        case "boolean":
            return cell == "true"
        case _:
            return int(float(cell)) if column["dtype"] == "int64" else float(cell)


def ask(url: str, rows: Iterable[tuple[Row, str]], progress: Progress) -> Answers:
    """One POST /predict per row on one connection; LifecycleError when an answer is not a 200."""
    asked = list(rows)
    task = progress.add_task(f"asking {len(asked)} questions", total=len(asked))
    answers = Answers([], 0, [])
    right, errors = 0, []
    with httpx2.Client(base_url=url, timeout=10) as client:
        for features, truth in asked:
            start = time.perf_counter()
            reply = client.post("/predict", json=features)
            answers.seconds.append(time.perf_counter() - start)
            if reply.status_code != httpx2.codes.OK:
                raise LifecycleError(f"POST {url}/predict answered {reply.status_code}: {reply.text}")
            body = reply.json()
            answers.ids.append(body["prediction_id"])
            if "value" in body:
                errors.append(abs(body["value"] - float(truth)))
            else:
                right += body["label_name"] == truth
            progress.advance(task)
    return Answers(answers.ids, right, answers.seconds, statistics.fmean(errors) if errors else None)


def count_landed(audit: Path, ids: list[str]) -> int:
    """How many of `ids` have their row in the audit now."""
    if not audit.exists():
        return 0
    marks = ", ".join("?" * len(ids))
    connection = sqlite3.connect(f"{audit.resolve().as_uri()}?mode=ro", uri=True, timeout=10)
    try:
        query = f"SELECT count(*) FROM predictions WHERE id IN ({marks})"  # noqa: S608 - only question marks
        found: int = connection.execute(query, ids).fetchone()[0]
    except sqlite3.OperationalError:  # the courier has not made the table yet
        return 0
    finally:
        connection.close()
    return found


def find_in_audit(audit: Path, ids: list[str]) -> int:
    """Wait until every id has landed; NotInTimeError when one is missing after 30 s."""
    wait_until(lambda: count_landed(audit, ids) == len(ids), f"all {len(ids)} answers in {audit}", LANDED_SECONDS)
    return count_landed(audit, ids)
