"""Models for our api, made by the trainer the way a person makes them: a contract, a params.yaml, three verbs."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from sklearn.datasets import make_classification

from bench.errors import BenchError
from bench.servingdir import MODEL
from trainer.contract.contract import read_contract
from trainer.data.dataset import load, split
from trainer.params import read_params
from trainer.workspace.layout import Layout

ROOT = Path(__file__).parent.parent
LOGISTIC: Mapping[str, Any] = {"estimator": "LogisticRegression", "settings": {"max_iter": 1000}}
TREES = 200
FOREST: Mapping[str, Any] = {"estimator": "RandomForestClassifier", "settings": {"n_estimators": TREES}}
FOREST_OF_TWO = "forest_of_two_classes"
BOOSTED: Mapping[str, Mapping[str, Any]] = {
    "LightGBM": {"estimator": "LightGBM", "settings": {"n_estimators": TREES}},
    "XGBoost": {"estimator": "XGBoost", "settings": {"n_estimators": TREES}},
    "histogram_gradient_boosting": {"estimator": "HistGradientBoosting", "settings": {"max_iter": TREES}},
}
"""Of two classes, so that each round is one tree."""
TRAINER = ("prepare", "train", "bundle")


@dataclass(frozen=True)
class Recipe:
    """A model: the files the trainer wants. A synthetic table where `features` is set, else iris."""

    name: str
    candidate: Mapping[str, Any]
    features: int = 0
    classes: int = 0
    rows: int = 40
    """Of each class."""

    def files(self) -> dict[str, str]:
        params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
        params["candidates"] = {self.name: dict(self.candidate)}
        contract = yaml.safe_load((ROOT / "data" / "contract.yaml").read_text(encoding="utf-8"))
        files = {}
        if self.features:
            contract, files["table.csv"] = table(self.features, self.classes, self.rows)
        return files | {
            "params.yaml": yaml.safe_dump(params),
            "data/contract.yaml": yaml.safe_dump(contract | {"model": MODEL}),
        }


RECIPES = (
    Recipe("logistic_regression", LOGISTIC),
    Recipe("random_forest", FOREST),
    Recipe("features_8_classes_3", LOGISTIC, 8, 3),
    Recipe("features_64_classes_3", LOGISTIC, 64, 3),
    Recipe("features_8_classes_30", LOGISTIC, 8, 30),
    *(Recipe(name, candidate, 8, 2, 1000) for name, candidate in {FOREST_OF_TWO: FOREST, **BOOSTED}.items()),
)


def names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}_{number:02d}" for number in range(count)]


def table(features: int, classes: int, rows: int) -> tuple[dict[str, Any], str]:
    """A contract and its CSV: `classes` clusters of `rows` rows in `features` columns, all within -100 to 100."""
    values, target = make_classification(
        n_samples=rows * classes,
        n_features=features,
        n_informative=8,
        n_redundant=0,
        n_classes=classes,
        n_clusters_per_class=1,
        random_state=42,
    )
    columns = names("feature", features)
    labels = names("class", classes)
    lines = [",".join([*columns, "label"])]
    lines += [
        ",".join([*(f"{value:.4f}" for value in np.clip(row, -100, 100)), labels[label]])
        for row, label in zip(values, target, strict=True)
    ]
    column = {"dtype": "float64", "unit": "", "minimum": -100.0, "maximum": 100.0, "description": "Made up"}
    contract = {
        "name": "table",
        "source": "table.csv",
        "duplicates": "allow",
        "columns": [{"name": name, **column} for name in columns],
        "target": {"name": "label", "description": "Made up", "classes": labels},
    }
    return contract, "\n".join(lines) + "\n"


def make(recipe: Recipe, folder: Path) -> Path:
    """The bundle of `recipe`, made below `folder` unless what it is made of is as it was.

    Raises BenchError with the trainer's message.
    """
    files = recipe.files()
    stamp = _stamp(files)
    if not (folder / "stamp").is_file() or (folder / "stamp").read_text() != stamp:
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")
        for verb in TRAINER:
            command = [sys.executable, "-m", "trainer", verb]
            run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
            if run.returncode:
                raise BenchError(f"trainer {verb} in {folder} failed:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
        (folder / "stamp").write_text(stamp)
    (bundle,) = (folder / "artifacts" / "bundles").iterdir()
    return bundle


def training_rows(folder: Path) -> str:
    """The rows that made the model below `folder`, as JSON for bench/fit.py: names, features, labels."""
    layout = Layout(folder)
    contract, params = read_contract(layout.contract), read_params(layout.params)
    training, _ = split(
        load(layout.processed(contract.name), contract).rows,
        share=params.holdout_share,
        seed=params.seed,
        folds=params.cross_validation.folds,
        classes=contract.target.classes,
    )
    features, labels = training.features.to_numpy().tolist(), training.labels.tolist()
    return json.dumps({"names": contract.features, "features": features, "labels": labels})


def _stamp(files: Mapping[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode())
    for source in sorted((ROOT / "services" / "trainer" / "src").rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()
