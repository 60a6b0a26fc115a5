"""Every verb with variables: its program, what it takes, and how a person types it."""

from scripts.verbs.models import MODELS
from scripts.verbs.publishing import PUBLISHING
from scripts.verbs.variables import (
    EACH_WORD,
    READ_BY_PROGRAM,
    Variable,
    anything,
    file,
    key_name,
    one_of,
    port,
    positive,
    switch,
    table,
    url,
)
from scripts.verbs.verb import STACK, Verb


def _lifecycle(verb: str) -> Verb:
    return Verb(("scripts.run", verb), PORTS, "API_PORT=8010 MLFLOW_PORT=5010")


def _keys(verb: str, *variables: Variable, example: str = "") -> Verb:
    return Verb(
        ("api.access.key_tool", verb), (*variables, Variable("API_KEYS_FILE", READ_BY_PROGRAM, anything)), example
    )


PORTS = (
    Variable("API_PORT", "--api-port", port),
    Variable("MLFLOW_PORT", "--mlflow-port", port),
    Variable("COURIER_PORT", "--courier-port", port),
    Variable("MLFLOW_URI", "--mlflow-uri", url),
)

VERBS: dict[str, Verb] = {
    **MODELS,
    **PUBLISHING,
    **{verb: _lifecycle(verb) for verb in ("demo", "local", "train", "mlflow", "api")},
    "stop": Verb(("scripts.run", "stop")),
    "backup": Verb(
        ("scripts.backup", "save"),
        (Variable("FILE", "--file", anything),),
        "FILE=var/backups/before-the-upgrade.tar",
    ),
    "restore": Verb(
        ("scripts.backup", "restore"),
        (
            Variable("FILE", "--file", file, "the archive of a `make backup`"),
            Variable("FORCE", "--force", switch),
        ),
        "FILE=var/backups/before-the-upgrade.tar",
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
    "swarm-model-up": Verb(
        ("scripts.swarm", "model-up"),
        (
            Variable("FOLDER", "--folder", anything, "the folder that holds contract.yaml"),
            Variable("N", "--apis", positive),
        ),
        "FOLDER=~/models/bikes",
    ),
    "swarm-model-list": Verb(("scripts.swarm", "model-list")),
    "swarm-model-down": Verb(
        ("scripts.swarm", "model-down"),
        (Variable("MODEL", "--model", anything, "a name that `make swarm-model-list` prints"),),
        "MODEL=bikes",
    ),
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
}
