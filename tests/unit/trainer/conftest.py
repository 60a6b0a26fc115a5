"""A small project in a temporary folder: the real contract, with parameters that train in a second."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from trainer.contract.contract import Contract
from trainer.params import Params
from trainer.workspace.layout import Layout

ROOT = Path(__file__).parents[3]

FAST: dict[str, Any] = {
    "seed": 7,
    "holdout_share": 0.2,
    "cross_validation": {"folds": 3},
    "scoring": "accuracy",
    "candidates": {
        "linear": {"estimator": "LogisticRegression", "settings": {"max_iter": 500}, "grid": {"C": [0.1, 1.0]}},
        "forest": {"estimator": "RandomForestClassifier", "settings": {"n_estimators": 10}},
    },
    "reference": {"bins": 5},
    "golden": {"rows": 6},
    "parity": {"random_rows": 500, "tolerance": 1e-5},
    "gate": {
        "minimum_rows": 10,
        "confidence": 0.95,
        "resamples": 500,
        "accuracy_floor": 0.7,
        "log_loss_ceiling": 0.8,
        "accuracy": {"margin": 0.05, "worst": 0.3},
        "log_loss": {"margin": 0.2, "worst": 0.6},
        "r2_floor": 0.2,
        "r2": {"margin": 0.05, "worst": 0.3},
        "recall_floor": 0.5,
        "recall_rows": 5,
        "calibration_ceiling": 0.4,
        "latency_ms": 1000.0,
        "size_mb": 50.0,
    },
    "feedback": {
        "most_rows": 1000,
        "lookback_days": 2,
        "neighbours": 3,
        "deviations": 3.0,
        "class_share": 0.6,
        "class_minimum": 10,
        "suspicious_share": 0.3,
        "suspicious_minimum": 10,
        "recent_rows": 200,
    },
    "retraining": {"starts_as": "canary", "canary_percent": 5},
    "rollout": {
        "steps": [5, 25, 100],
        "step_minutes": 10,
        "minimum_answers": 100,
        "minimum_judged": 20,
        "needs_feedback": False,
        "accuracy_margin": 0.05,
        "failure_margin": 0.01,
        "latency_factor": 2.0,
        "latency_floor_ms": 5.0,
        "patience_hours": 24,
    },
    "loop": {
        "schedule_hours": 24,
        "cooldown_minutes": 30,
        "repeat_hours": 6,
        "rollout_seconds": 60,
        "drift_hours": 0,
        "timeout_minutes": 60,
    },
}

SHAPES: dict[str, Any] = {
    "name": "shapes",
    "source": "shapes.csv",
    "columns": [
        {"name": "width", "dtype": "float64", "unit": "cm", "minimum": 0, "maximum": 10, "description": "Width"},
        {"name": "corners", "dtype": "int64", "unit": "", "minimum": 0, "maximum": 9, "description": "Corners"},
    ],
    "target": {"name": "shape", "description": "Shape", "classes": ["round", "square"]},
}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


@pytest.fixture(scope="session")
def fast() -> Params:
    return Params.model_validate(FAST)


@pytest.fixture
def fast_with() -> Callable[..., Params]:
    """The fast parameters with some top-level keys replaced."""
    return lambda **changes: Params.model_validate(FAST | changes)


@pytest.fixture
def shapes() -> Contract:
    """Two columns, one of whole numbers; repeated rows are refused."""
    return Contract.model_validate(SHAPES)


@pytest.fixture
def shapes_with() -> Callable[..., Contract]:
    return lambda **changes: Contract.model_validate(SHAPES | changes)


@pytest.fixture(scope="session")
def iris() -> Contract:
    return Contract.model_validate(yaml.safe_load((ROOT / "data" / "contract.yaml").read_text()))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder in which `python -m trainer` runs."""
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "data" / "contract.yaml", tmp_path / "data" / "contract.yaml")
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(FAST))
    return tmp_path
