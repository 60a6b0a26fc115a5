"""The verbs on models, from a table to a rollback, and on the records of their answers."""

from scripts.verbs.variables import (
    Variable,
    anything,
    file,
    new_file,
    one_of,
    percent,
    period,
    positive,
    switch,
    table,
    table_or_folder,
    version,
    version_or_none,
)
from scripts.verbs.verb import STACK, Verb


def _operate(verb: str, *variables: Variable, example: str = "") -> Verb:
    return Verb(("scripts.operate", verb), (*variables, STACK), example)


DRY_RUN = Variable("DRY_RUN", "--dry-run", switch)
MOVE = (Variable("VERSION", "--version", version), Variable("WHY", "--why", anything), DRY_RUN)

MODELS: dict[str, Verb] = {
    "models": _operate("models"),
    "history": _operate("history"),
    "quality": _operate("quality"),
    "retrain": _operate("retrain"),
    "promote": _operate("promote", *MOVE, example="VERSION=4"),
    "canary": _operate("canary", *MOVE, Variable("PERCENT", "--percent", percent), example="VERSION=4 PERCENT=10"),
    "shadow": _operate(
        "shadow",
        Variable("VERSION", "--version", version_or_none, "the version that is to answer unheard, or none to end it"),
        *MOVE[1:],
        example="VERSION=5",
    ),
    "rollout": _operate("rollout", DRY_RUN),
    "drift": _operate("drift", Variable("DAYS", "--days", positive), example="DAYS=7"),
    "rollback": _operate("rollback", *MOVE[1:], example='WHY="too slow"'),
    "feedback": _operate("feedback", Variable("FROM", "--from", file), example="FROM=labelled.csv"),
    "contract": Verb(
        ("trainer", "contract"),
        (
            Variable("CSV", None, table, "your table: a file, a pattern with *, an http(s) URL or a database"),
            Variable("TARGET", None, anything, "the column to predict"),
            Variable("QUERY", "--query", anything),
        ),
        "CSV=flowers.csv TARGET=species",
    ),
    "adopt": _operate(
        "adopt",
        Variable("MODEL", None, anything, "your model: a file, runs:/<run>/<name> or models:/<name>/<version>"),
        Variable("CSV", "--csv", table),
        Variable("TARGET", "--target", anything),
        Variable("QUERY", "--query", anything),
        Variable("TRUST", "--trust", switch),
        example="MODEL=titanic.joblib CSV=titanic.csv TRUST=1",
    ),
    "score": _operate(
        "score",
        Variable("FROM", None, table_or_folder, "the table to score: a CSV or Parquet file, or a folder of them"),
        Variable("TO", None, new_file, "the file to write: .parquet, .csv or .csv.gz"),
        Variable("VERSION", "--version", version),
        Variable("KEEP", "--keep", anything),
        Variable("AUDIT", "--audit", one_of("file", "rows", "none")),
        Variable("FORCE", "--force", switch),
        example="FROM=big.parquet TO=scored.parquet",
    ),
    "replay": _operate(
        "replay",
        Variable("VERSION", "--version", version),
        Variable("SINCE", "--since", period),
        example="VERSION=7 SINCE=7d",
    ),
    "card": _operate("card", Variable("VERSION", "--version", version), example="VERSION=7"),
}
