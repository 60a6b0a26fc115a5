"""Train the peers' two models. Runs in each peer's own environment, with that environment's scikit-learn.

fit.py FOLDER ROWS.json   writes FOLDER/<model>/model.joblib; MLflow gets its own format beside it.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def main(folder: Path, rows: Path) -> None:
    training = json.loads(rows.read_text())
    models = {
        "logistic_regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, random_state=42)),
        "random_forest": RandomForestClassifier(n_estimators=200, random_state=42),
    }
    for name, model in models.items():
        model.fit(np.array(training["features"]), np.array(training["labels"]))
        (folder / name).mkdir(parents=True, exist_ok=True)
        joblib.dump(model, folder / name / "model.joblib")
        if find_spec("mlflow"):
            save_for_mlflow(model, training, folder / name / "mlflow")


def save_for_mlflow(model: Any, training: dict[str, Any], folder: Path) -> None:
    """Fitted on a frame and saved with its signature, as MLflow's documentation does and as our trainer publishes."""
    import mlflow.sklearn
    import pandas as pd

    frame = pd.DataFrame(training["features"], columns=training["names"])
    model.fit(frame, np.array(training["labels"]))
    signature = mlflow.models.infer_signature(frame, model.predict(frame))
    mlflow.sklearn.save_model(
        model, folder, signature=signature, pip_requirements=["scikit-learn"], serialization_format="pickle"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
