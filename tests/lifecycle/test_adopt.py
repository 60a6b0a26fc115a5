"""A notebook's pipeline, logged to MLflow, becomes an answer that is in the audit; and retraining still works."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import yaml

from tests.lifecycle.own_project import VERBS, asked, in_audit, run, serving
from tests.support.servers import wait_until
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


@pytest.fixture
def served(home: Path, mlflow_server: str) -> Iterator[str]:
    with serving(home, mlflow_server, "passengers_model") as address:
        yield address


@pytest.mark.timeout(400)
def test_a_model_that_was_logged_to_mlflow_is_refused_adopted_served_audited_and_retrained(
    home: Path, mlflow_server: str, served: str
) -> None:
    said = run(home, "notebook.py", mlflow_server, uri=mlflow_server)
    question, _, label = next(line for line in said.splitlines() if line.startswith("[{")).rpartition(" ")
    (row,) = json.loads(question)

    wait_until(lambda: "make adopt" in str(asked(f"{served}/health").get("unserved")), "the refusal", 120)
    adopt = ("-m", "trainer", "adopt", "models:/passengers_model/1", "--csv", "passengers.csv")
    assert "TRUST=1" in run(home, *adopt, uri=mlflow_server, status=1)
    adopted = run(home, *adopt, "--trust", uri=mlflow_server)
    assert "passengers_model version 2" in adopted, adopted
    assert "alias production moved to it" in adopted

    wait_until(lambda: asked(f"{served}/model").get("version") == "2", "the adopted version", 120)
    answer = httpx2.post(f"{served}/predict", json=row, timeout=10).raise_for_status().json()
    assert answer["label_name"] == label
    wait_until(lambda: in_audit(home, answer["prediction_id"]), "the answer in the audit", 120)
    assert "feature_reference_ratio{" in httpx2.get(f"{served}/metrics", timeout=10).text

    shutil.copy(home / "data" / "passengers.contract.yaml", home / "data" / "contract.yaml")
    retrained = run(home, "-c", VERBS, "ensure", "prepare", "train", "bundle", "publish", uri=mlflow_server)
    assert "it stays" in retrained
    assert "the same as the champion's" in retrained
    assert "passengers_model version 3" in retrained
