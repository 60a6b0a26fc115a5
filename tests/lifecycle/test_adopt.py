"""A notebook's pipeline, logged to MLflow, becomes an answer that is in the audit; and retraining still works."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
import yaml

from tests.support.servers import Server, free_port, wait_until
from tests.unit.trainer.adoption.conftest import passengers
from tests.unit.trainer.conftest import FAST

PIPELINE = """
import sys, warnings
import mlflow, pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
warnings.simplefilter("ignore")
mlflow.set_tracking_uri(sys.argv[1])
table = pd.read_csv("passengers.csv")
before = ColumnTransformer([
    ("numbers", Pipeline([("fill", SimpleImputer()), ("scale", StandardScaler())]), ["age", "fare", "deck"]),
    ("texts", OneHotEncoder(handle_unknown="ignore"), ["sex", "port"]),
])
model = Pipeline([("before", before), ("forest", RandomForestClassifier(20, random_state=0))])
model.fit(table.drop(columns="lived"), table["lived"])
with mlflow.start_run():
    mlflow.sklearn.log_model(
        model, name="model", registered_model_name="passengers_model", serialization_format="cloudpickle",
        pip_requirements=["scikit-learn"],
    )
mlflow.MlflowClient().set_registered_model_alias("passengers_model", "production", "1")
question = table.drop(columns=["lived", "ticket", "alone"]).dropna().head(1)
print(question.to_json(orient="records"), model.predict(table.loc[question.index])[0])
"""


# One process for all of them: importing the libraries takes longer than the work.
VERBS = """
import sys
from rich.console import Console
from trainer.__main__ import main
console = Console(width=200)
for verb in sys.argv[1:]:
    assert main([verb], console, console) == 0
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project with fast parameters, and the table beside it."""
    (tmp_path / "data").mkdir()
    (tmp_path / "params.yaml").write_text(
        yaml.safe_dump(
            FAST
            | {
                "candidates": {"linear": FAST["candidates"]["linear"]},
                "retraining": {"starts_as": "production", "canary_percent": 5},
            }
        )
    )
    passengers().to_csv(tmp_path / "passengers.csv", index=False)
    (tmp_path / "notebook.py").write_text(PIPELINE)
    return tmp_path


class Served(NamedTuple):
    """The addresses of an api and of its courier, which follow the registry."""

    api: str
    courier: str


def run(home: Path, *words: str, uri: str, status: int = 0, courier: str = "http://127.0.0.1:9") -> str:
    settings = {**os.environ, "MLFLOW_TRACKING_URI": uri, "COURIER_URL": courier}
    done = subprocess.run(
        [sys.executable, *words], cwd=home, env=settings, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def served(home: Path, mlflow_server: str) -> Iterator[Served]:
    port, courier = free_port(), free_port()
    settings = {
        **os.environ,
        "MLFLOW_TRACKING_URI": mlflow_server,
        "MODEL_NAME": "passengers_model",
        "SERVING_DIR": str(home / "serving"),
        "JOURNAL_DIR": str(home / "journal"),
        "SQLITE_PATH": str(home / "audit.db"),
        "API_PORT": str(port),
        "API_WORKERS": "1",
        "COURIER_PORT": str(courier),
        "REGISTRY_POLL_SECONDS": "0.5",
    }
    with ExitStack() as stack:
        # The api empties the folder of its workers' counters as it starts: nobody else may count there.
        own = {"courier": {}, "api": {"PROMETHEUS_MULTIPROC_DIR": str(home / "metrics")}}
        for name, more in own.items():
            command = [sys.executable, "-m", name]
            stack.enter_context(Server(command, settings | more, log=home / f"{name}.log", cwd=home))
        yield Served(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{courier}")


def asked(url: str) -> dict[str, Any]:
    try:
        page: dict[str, Any] = httpx2.get(url, timeout=5).json()
    except (httpx2.HTTPError, ValueError):
        return {}
    return page


def in_audit(home: Path, prediction: str) -> bool:
    import sqlite3

    if not (home / "audit.db").exists():
        return False
    with sqlite3.connect(home / "audit.db") as store:
        try:
            return bool(store.execute("SELECT 1 FROM predictions WHERE id = ?", [prediction]).fetchall())
        except sqlite3.OperationalError:
            return False


@pytest.mark.timeout(400)
def test_a_model_that_was_logged_to_mlflow_is_refused_adopted_served_audited_and_retrained(
    home: Path, mlflow_server: str, served: Served
) -> None:
    from mlflow import MlflowClient

    printed = run(home, "notebook.py", mlflow_server, uri=mlflow_server)
    question, _, label = next(line for line in printed.splitlines() if line.startswith("[{")).rpartition(" ")
    (row,) = json.loads(question)

    way_out = "make adopt MODEL=models:/passengers_model/1"
    wait_until(lambda: way_out in str(asked(f"{served.api}/health").get("unserved")), "the refusal", 120)
    assert way_out in asked(f"{served.api}/status.json")["next"]["why"]
    assert way_out in (home / "courier.log").read_text()
    adopt = ("-m", "trainer", "adopt", "models:/passengers_model/1", "--csv", "passengers.csv")
    assert "TRUST=1" in run(home, *adopt, uri=mlflow_server, status=1)
    adopted = run(home, *adopt, "--trust", uri=mlflow_server)
    assert "passengers_model version 2" in adopted, adopted
    assert "alias production moved to it" in adopted

    wait_until(lambda: asked(f"{served.api}/model").get("version") == "2", "the adopted version", 120)
    answer = httpx2.post(f"{served.api}/predict", json=row, timeout=10).raise_for_status().json()
    assert answer["label_name"] == label
    wait_until(lambda: in_audit(home, answer["prediction_id"]), "the answer in the audit", 120)
    assert "feature_reference_ratio{" in httpx2.get(f"{served.api}/metrics", timeout=10).text

    shutil.copy(home / "data" / "passengers.contract.yaml", home / "data" / "contract.yaml")
    retrained = run(home, "-c", VERBS, "ensure", "prepare", "train", "bundle", "publish", uri=mlflow_server)
    assert "it stays" in retrained
    assert "the same as the champion's" in retrained
    assert "passengers_model version 3" in retrained

    MlflowClient(mlflow_server, mlflow_server).set_registered_model_alias("passengers_model", "production", "1")
    wait_until(lambda: way_out in str(asked(f"{served.courier}/health").get("serving")), "the second refusal", 120)
    shown = run(home, "-m", "trainer", "models", uri=mlflow_server, courier=served.courier)
    rows = {line.split()[0]: line for line in shown.splitlines() if line.strip()[:1].isdigit()}
    assert ("production" in rows["1"], "%" in rows["1"], "100 %" in rows["2"]) == (True, False, True), shown
    sentence = " ".join(shown.split())
    assert "note: alias production names version 1, which was refused" in sentence
    assert sentence.endswith("version 2 serves")
    assert asked(f"{served.api}/model")["version"] == "2"
