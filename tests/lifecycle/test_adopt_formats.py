"""A model in each format that `make adopt` takes: published, served by a real api with its own answers, in the audit,
counted for drift, and retrained.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from tests.lifecycle.own_project import VERBS, asked, in_audit, run, serving
from tests.support.servers import wait_until
from tests.unit.trainer.adoption.conftest import passengers
from tests.unit.trainer.conftest import FAST

NOTEBOOK = """
import json, sys, warnings
import joblib, lightgbm, mlflow, pandas as pd, skops.io, xgboost
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
warnings.simplefilter("ignore")
mlflow.set_tracking_uri(sys.argv[1])
table = pd.read_csv("passengers.csv")
NUMBERS, TEXTS = ["age", "fare", "deck"], ["sex", "port"]
found = {}

def asks(name, model, columns, as_array=False):
    rows = table[columns].dropna().head(3)
    shares = model.predict_proba(rows.to_numpy() if as_array else rows)
    found[name] = {"rows": json.loads(rows.to_json(orient="records")), "shares": shares.tolist()}

def pipeline(seed):
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    texts = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    before = ColumnTransformer([("numbers", numbers, NUMBERS), ("texts", texts, TEXTS)])
    model = make_pipeline(before, RandomForestClassifier(20, random_state=seed))
    return model.fit(table.drop(columns="lived"), table["lived"])

joblib.dump(model := pipeline(1), "passengers.joblib")
asks("joblib", model, NUMBERS + TEXTS)
skops.io.dump(model := pipeline(2), "passengers.skops")
asks("skops", model, NUMBERS + TEXTS)
with mlflow.start_run() as started:
    model = pipeline(3)
    mlflow.sklearn.log_model(
        model, name="model", serialization_format="cloudpickle", pip_requirements=["scikit-learn"]
    )
asks("runs:/", model, NUMBERS + TEXTS)
found["run"] = started.info.run_id

rows, lived = table[NUMBERS], (table["lived"] == "yes").astype(int)
light = lightgbm.LGBMClassifier(n_estimators=30, verbose=-1, n_jobs=1).fit(rows, lived)
light.booster_.save_model("light.txt")
asks("lightgbm", light, NUMBERS)
extreme = xgboost.XGBClassifier(n_estimators=30, max_depth=4, n_jobs=1).fit(rows, lived)
extreme.save_model("extreme.json")
asks("xgboost", extreme, NUMBERS)
linear = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()).fit(rows.to_numpy("float32"), lived)
graph = to_onnx(linear, initial_types=[("rows", FloatTensorType([None, 3]))], options={"zipmap": False})
open("linear.onnx", "wb").write(graph.SerializeToString())
asks("onnx", linear, NUMBERS, as_array=True)
print("FOUND" + json.dumps(found))
"""
TEXTS, NUMBERS = "passengers_model", "numbers_model"
LOOSE = {"accuracy": {"margin": 0.4, "worst": 0.5}, "log_loss": {"margin": 1.0, "worst": 2.0}}
"""The models differ in quality; here their formats are judged."""


def project(home: Path) -> None:
    (home / "data").mkdir(parents=True)
    linear = {"linear": FAST["candidates"]["linear"]}
    changed = {"gate": FAST["gate"] | LOOSE | {"accuracy_floor": 0.5, "log_loss_ceiling": 3.0}, "candidates": linear}
    starts = {"retraining": {"starts_as": "production", "canary_percent": 5}}
    (home / "params.yaml").write_text(yaml.safe_dump(FAST | changed | starts))
    table = passengers()
    table.to_csv(home / "passengers.csv", index=False)
    table[["age", "fare", "deck", "lived"]].to_csv(home / "numbers.csv", index=False)
    (home / "notebook.py").write_text(NOTEBOOK)


def check_served(home: Path, address: str, version: str, expected: dict[str, Any]) -> None:
    """The version answers `expected` ("rows", "shares") as the model did, to the audit and the counters of drift."""
    wait_until(lambda: asked(f"{address}/model").get("version") == version, f"version {version}", 240)
    for row, shares in zip(expected["rows"], expected["shares"], strict=True):
        answer = httpx2.post(f"{address}/predict", json=row, timeout=30).raise_for_status().json()
        served = [answer["probabilities"][name] for name in ("no", "yes")]
        assert served == pytest.approx(shares, abs=1e-5)
    wait_until(lambda: in_audit(home, answer["prediction_id"]), "the answer in the audit", 120)
    metrics = httpx2.get(f"{address}/metrics", timeout=30).text
    bins = [
        line
        for line in metrics.splitlines()
        if line.startswith("feature_observations_total{") and 'feature="age"' in line
    ]
    assert sum(float(line.rpartition(" ")[2]) for line in bins) >= len(expected["rows"]), metrics


@pytest.mark.timeout(1200)
def test_a_model_of_every_format_is_adopted_served_with_its_own_answers_audited_watched_and_retrained(
    tmp_path: Path, mlflow_server: str
) -> None:
    home = tmp_path / "home"
    project(home)

    def adopted(model: str, table: str, *words: str, name: str, version: str) -> str:
        verb = ("-m", "trainer", "adopt", model, "--csv", f"{table}.csv", "--target", "lived", *words)
        page = run(home, *verb, uri=mlflow_server)
        assert f"{name} version {version} (bundle" in page, page
        assert "alias production moved to it" in page, page
        return page

    page = run(home, "notebook.py", mlflow_server, uri=mlflow_server)
    found = json.loads(next(line for line in page.splitlines() if line.startswith("FOUND")).removeprefix("FOUND"))

    files = home / "texts"
    with serving(files, mlflow_server, TEXTS) as address:
        adopted("passengers.joblib", "passengers", "--trust", name=TEXTS, version="1")
        check_served(files, address, "1", found["joblib"])
        adopted("passengers.skops", "passengers", name=TEXTS, version="2")
        check_served(files, address, "2", found["skops"])
        adopted(f"runs:/{found['run']}/model", "passengers", "--trust", name=TEXTS, version="3")
        check_served(files, address, "3", found["runs:/"])

    files = home / "numbers"
    with serving(files, mlflow_server, NUMBERS) as address:
        for at, (kind, file) in enumerate(
            {"lightgbm": "light.txt", "xgboost": "extreme.json", "onnx": "linear.onnx"}.items(), start=1
        ):
            adopted(file, "numbers", name=NUMBERS, version=str(at))
            check_served(files, address, str(at), found[kind])

        shutil.copy(home / "data" / "numbers.contract.yaml", home / "data" / "contract.yaml")
        retrained = run(home, "-c", VERBS, "ensure", "prepare", "train", "bundle", "publish", uri=mlflow_server)
        assert "it stays" in retrained
        assert "the same as the champion's" in retrained
        assert f"{NUMBERS} version 4" in retrained
        wait_until(lambda: asked(f"{address}/model").get("version") == "4", "the retrained version", 240)
