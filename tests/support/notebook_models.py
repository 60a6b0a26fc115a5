"""A notebook that fits one model of each kind that `make adopt` takes, and writes down what the libraries answer.

`python -m tests.support.notebook_models URI FOLDER` reads FOLDER/passengers.csv and leaves the models' files and
answers.json there: by kind the rows that are asked and the probability of each class.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import joblib
import lightgbm
import mlflow
import numpy as np
import pandas as pd
import skops.io
import xgboost
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NUMBERS, TEXTS = ["age", "fare", "deck"], ["sex", "port"]
ASKED = 12
FILES = {
    "joblib": "pipeline.joblib",
    "skops": "pipeline.skops",
    "runs": "",
    "models": "",
    "lightgbm": "light.txt",
    "xgboost": "extreme.json",
    "onnx": "graph.onnx",
}
"""By kind; the two without a file are in MLflow."""


def pipeline(model: Any) -> Pipeline:
    filled = make_pipeline(SimpleImputer(), StandardScaler())
    parts = [("numbers", filled, NUMBERS), ("texts", OneHotEncoder(handle_unknown="ignore"), TEXTS)]
    return Pipeline([("before", ColumnTransformer(parts)), ("model", model)])


def main(uri: str, folder: Path) -> None:
    warnings.simplefilter("ignore")
    table = pd.read_csv(folder / "passengers.csv")
    labels, codes = table["lived"], (table["lived"] == "yes").astype(int)
    mixed, numbers = table[[*NUMBERS, *TEXTS]], table[NUMBERS]
    whole = numbers.fillna(30.0).astype(np.float32)
    forest = pipeline(RandomForestClassifier(20, random_state=0)).fit(mixed, labels)
    linear = pipeline(LogisticRegression(max_iter=500)).fit(mixed, labels)
    boosted = pipeline(GradientBoostingClassifier(n_estimators=20, random_state=0)).fit(mixed, labels)
    voted = pipeline(RandomForestClassifier(10, random_state=1)).fit(mixed, labels)
    light = lightgbm.LGBMClassifier(n_estimators=20, verbose=-1, n_jobs=1).fit(numbers, codes)
    extreme = xgboost.XGBClassifier(n_estimators=20, n_jobs=1).fit(numbers, codes)
    graph = RandomForestClassifier(10, random_state=2).fit(whole.to_numpy(), codes)

    joblib.dump(forest, folder / FILES["joblib"])
    skops.io.dump(linear, folder / FILES["skops"])
    light.booster_.save_model(folder / FILES["lightgbm"])
    extreme.save_model(folder / FILES["xgboost"])
    made = to_onnx(
        graph, initial_types=[("x", FloatTensorType([None, len(NUMBERS)]))], options={id(graph): {"zipmap": False}}
    )
    (folder / FILES["onnx"]).write_bytes(made.SerializeToString())
    run = logged(uri, boosted, voted)

    asked = table.dropna().sample(ASKED, random_state=4).index
    models: dict[str, tuple[Any, pd.DataFrame]] = {
        "joblib": (forest, mixed),
        "skops": (linear, mixed),
        "runs": (boosted, mixed),
        "models": (voted, mixed),
        "lightgbm": (light, numbers),
        "xgboost": (extreme, numbers),
        "onnx": (graph, whole),
    }
    page: dict[str, Any] = {
        kind: {
            "rows": json.loads(rows.loc[asked].astype({"fare": float}).to_json(orient="records", double_precision=10)),
            "shares": np.asarray(
                model.predict_proba(rows.loc[asked] if kind != "onnx" else rows.loc[asked].to_numpy()), dtype=float
            ).tolist(),
        }
        for kind, (model, rows) in models.items()
    }
    addresses = {"runs": f"runs:/{run}/model", "models": "models:/notebook/3"}
    for kind, answers in page.items():
        answers["model"] = addresses.get(kind, FILES[kind])
    (folder / "answers.json").write_text(json.dumps(page))


def logged(uri: str, first: Any, second: Any) -> str:
    """`first` in a run, whose id is returned, and twice in the registry; `second` as version 3."""
    mlflow.set_tracking_uri(uri)
    settings: dict[str, Any] = {"name": "model", "serialization_format": "cloudpickle"}
    settings |= {"pip_requirements": ["scikit-learn"]}
    with mlflow.start_run() as started:
        info = mlflow.sklearn.log_model(first, registered_model_name="notebook", **settings)
    mlflow.register_model(info.model_uri, "notebook")
    with mlflow.start_run():
        mlflow.sklearn.log_model(second, registered_model_name="notebook", **settings)
    return str(started.info.run_id)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
