"""Every verb with variables: its program, what it takes, and how a person types it."""

from dataclasses import dataclass

from scripts.verbs.variables import (
    EACH_WORD,
    READ_BY_PROGRAM,
    Variable,
    anything,
    file,
    key_name,
    new_file,
    one_of,
    percent,
    period,
    port,
    positive,
    switch,
    table,
    table_or_folder,
    url,
    version,
    version_or_none,
)


@dataclass(frozen=True)
class Verb:
    """`program` is what follows `python -m`."""

    program: tuple[str, ...]
    variables: tuple[Variable, ...] = ()
    example: str = ""
    """A call that works, without `make VERB`."""


def _operate(verb: str, *variables: Variable, example: str = "") -> Verb:
    return Verb(("scripts.operate", verb), (*variables, STACK), example)


def _lifecycle(verb: str) -> Verb:
    return Verb(("scripts.run", verb), PORTS, "API_PORT=8010 MLFLOW_PORT=5010")


def _images(verb: str, *variables: Variable, example: str = "SERVICE=api") -> Verb:
    return Verb(("scripts.images", verb), (Variable("SERVICE", EACH_WORD, anything), *variables), example)


def _keys(verb: str, *variables: Variable, example: str = "") -> Verb:
    return Verb(
        ("api.access.key_tool", verb), (*variables, Variable("API_KEYS_FILE", READ_BY_PROGRAM, anything)), example
    )


STACK = Variable("STACK", READ_BY_PROGRAM, switch)
DRY_RUN = Variable("DRY_RUN", "--dry-run", switch)
MOVE = (Variable("VERSION", "--version", version), Variable("WHY", "--why", anything), DRY_RUN)
PORTS = (
    Variable("API_PORT", "--api-port", port),
    Variable("MLFLOW_PORT", "--mlflow-port", port),
    Variable("COURIER_PORT", "--courier-port", port),
    Variable("MLFLOW_URI", "--mlflow-uri", url),
)

VERBS: dict[str, Verb] = {
    **{verb: _lifecycle(verb) for verb in ("demo", "local", "train", "mlflow", "api")},
    "stop": Verb(("scripts.run", "stop")),
    "backup": Verb(
        ("scripts.backup", "save"), (Variable("FILE", "--file", anything),), "FILE=var/backups/before-the-upgrade.tar"
    ),
    "restore": Verb(
        ("scripts.backup", "restore"),
        (
            Variable("FILE", "--file", file, "the archive of a `make backup`"),
            Variable("FORCE", "--force", switch),
        ),
        "FILE=var/backups/before-the-upgrade.tar",
    ),
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
    "new": Verb(
        ("scripts.project", "new"),
        (
            Variable("DIR", None, anything, "the folder of the new repository"),
            Variable("CSV", None, table, "your table: a file, a pattern with *, an http(s) URL or a database"),
            Variable("TARGET", None, anything, "the column to predict"),
        ),
        "DIR=../flowers CSV=flowers.csv TARGET=species",
    ),
    "upgrade": Verb(
        ("scripts.project", "upgrade"),
        (
            Variable("DIR", "--folder", anything),
            Variable("REF", "--ref", anything),
            Variable("APPLY", "--apply", switch),
        ),
        "APPLY=1",
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
    "api-key": _keys(
        "add",
        Variable("NAME", None, key_name, "the name of the client that gets the key"),
        Variable("SCOPE", "--scope=", one_of("predict", "feedback")),
        Variable("RATE", "--rate", positive),
        example='NAME=dashboard SCOPE="predict feedback" RATE=50',
    ),
    "api-key-revoke": _keys(
        "revoke",
        Variable("NAME", None, key_name, "the name of the client whose keys are revoked"),
        Variable("ID", "--id", anything),
        example="NAME=dashboard ID=1a2b3c4d",
    ),
    "api-keys": _keys("list"),
    "exam": Verb(
        ("scripts.exam",),
        (
            Variable("QUICK", "--quick", switch),
            Variable("SIZES", "--sizes", switch),
            Variable("TABLES", EACH_WORD, anything),
        ),
        'TABLES="titanic hitters"',
    ),
    "swarm-up": Verb(
        ("scripts.swarm", "up"),
        tuple(
            Variable(name, READ_BY_PROGRAM, anything) for name in ("REGISTRY", "TAG", "MIRROR", "WITHOUT", "PUBLISH")
        ),
        "REGISTRY=registry.example.org/mlops-iris TAG=1a2b3c4",
    ),
    "swarm-status": Verb(("scripts.swarm", "status")),
    "swarm-update": Verb(
        ("scripts.swarm", "update"),
        (Variable("TAG", READ_BY_PROGRAM, anything, "the tag of the new images"),),
        "TAG=5d6e7f8",
    ),
    "swarm-scale": Verb(("scripts.swarm", "scale"), (Variable("N", "--apis", positive, "the number of apis"),), "N=6"),
    "swarm-down": Verb(("scripts.swarm", "down")),
    "status": Verb(("scripts.status",), (Variable("API_PORT", READ_BY_PROGRAM, port), STACK), "API_PORT=8010"),
    "traffic": Verb(
        ("scripts.traffic",),
        (
            Variable("SECONDS", "--seconds", positive),
            Variable("RATE", "--rate", positive),
            *(Variable(name, f"--{name.lower()}", switch) for name in ("DRIFT", "BAD", "FEEDBACK")),
            Variable("API_PORT", READ_BY_PROGRAM, port),
            STACK,
        ),
        "SECONDS=60 RATE=20 DRIFT=1",
    ),
    "images": _images("build"),
    "budget": _images("budget"),
    "scan": _images("scan"),
    "sbom": _images("sbom"),
    "save": _images("save"),
    "load": _images("load"),
    "kind": Verb(("scripts.images", "kind")),
    "smoke": Verb(
        ("scripts.images", "smoke"),
        (Variable("OFFLINE", "--offline", switch), Variable("PUSHED", "--pushed", switch)),
        "OFFLINE=1",
    ),
    "push": _images(
        "push",
        Variable("REGISTRY", "--registry", anything, "the registry to push to"),
        example="REGISTRY=localhost:5000",
    ),
    "tags": Verb(
        ("scripts.images", "tags"),
        (Variable("REF", "--ref", anything, "the git ref that is published"),),
        "REF=refs/tags/v1.2.3",
    ),
    "release": Verb(
        ("scripts.maintain.release",),
        (
            Variable("VERSION", None, anything, "the version to release"),
            Variable("CHECK", "--check", switch),
        ),
        "VERSION=1.2.3",
    ),
}
