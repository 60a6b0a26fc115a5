"""Models that a notebook leaves behind, from their file to served predictions that equal their library's answer.

One registry, one courier and one api serve all of them, one after the other; tests/lifecycle/test_adopt.py retrains.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import numpy as np
import pytest
import yaml

from tests.support.servers import Server, free_port, wait_until
from tests.unit.trainer.adoption.conftest import passengers
from tests.unit.trainer.conftest import FAST, ROOT

MODEL = "passengers_model"
KINDS = ("joblib", "skops", "runs", "models", "lightgbm", "xgboost", "onnx")
PICKLED = {"joblib", "runs", "models"}
NUMBERS = ["age", "fare", "deck"]
"""All that the models in files of LightGBM, XGBoost and ONNX take."""


class Platform(NamedTuple):
    home: Path
    uri: str
    api: str
    answers: dict[str, Any]


def run(home: Path, *words: str, uri: str, status: int = 0) -> str:
    settings = {**os.environ, "MLFLOW_TRACKING_URI": uri, "COURIER_URL": "http://127.0.0.1:9", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *words], cwd=home, env=settings, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def platform(mlflow_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    home = tmp_path_factory.mktemp("adopted")
    (home / "data").mkdir()
    params = FAST | {"candidates": {"linear": FAST["candidates"]["linear"]}}
    # The models are not of the same quality, and each of them is to serve.
    params["gate"] = FAST["gate"] | {
        "accuracy_floor": 0.5,
        "log_loss_ceiling": 9.0,
        "accuracy": {"margin": 0.5, "worst": 0.9},
        "log_loss": {"margin": 5, "worst": 9},
    }
    params["retraining"] = {"starts_as": "production", "canary_percent": 5}
    (home / "params.yaml").write_text(yaml.safe_dump(params))
    passengers().to_csv(home / "passengers.csv", index=False)
    narrow = passengers()[[*NUMBERS, "lived"]]
    (home / "whole").mkdir()
    narrow.fillna(dict.fromkeys(NUMBERS, 30.0)).to_csv(home / "whole/passengers.csv", index=False)
    run(home, "-m", "tests.support.notebook_models", mlflow_server, str(home), uri=mlflow_server)
    port = free_port()
    settings = {
        **os.environ,
        "MLFLOW_TRACKING_URI": mlflow_server,
        "MODEL_NAME": MODEL,
        "SERVING_DIR": str(home / "serving"),
        "JOURNAL_DIR": str(home / "journal"),
        "SQLITE_PATH": str(home / "audit.db"),
        "API_PORT": str(port),
        "API_WORKERS": "1",
        "COURIER_PORT": str(free_port()),
        "REGISTRY_POLL_SECONDS": "0.5",
    }
    with ExitStack() as stack:
        # The api empties the folder of its workers' counters as it starts: nobody else may count there.
        own = {"courier": {}, "api": {"PROMETHEUS_MULTIPROC_DIR": str(home / "metrics")}}
        for name, more in own.items():
            command = [sys.executable, "-m", name]
            stack.enter_context(Server(command, settings | more, log=home / f"{name}.log", cwd=home))
        answers = json.loads((home / "answers.json").read_text())
        yield Platform(home, mlflow_server, f"http://127.0.0.1:{port}", answers)


def served_version(api: str) -> str:
    try:
        return str(httpx2.get(f"{api}/model", timeout=5).json().get("version"))
    except (httpx2.HTTPError, ValueError):
        return ""


def audited(home: Path, ids: list[str]) -> bool:
    if not (home / "audit.db").exists():
        return False
    with sqlite3.connect(home / "audit.db") as store:
        marks = ", ".join("?" * len(ids))
        try:
            (found,) = store.execute(f"SELECT count(*) FROM predictions WHERE id IN ({marks})", ids).fetchone()
        except sqlite3.OperationalError:
            return False
    return bool(found == len(ids))


def adopted(platform: Platform, kind: str) -> str:
    """The version that `make adopt` made."""
    table = "whole/passengers.csv" if kind == "onnx" else "passengers.csv"
    verb = ["adopt", platform.answers[kind]["model"], "--csv", table, "--target", "lived"]
    if kind in PICKLED:
        refused = (
            run(platform.home, "-m", "trainer", *verb, uri=platform.uri, status=1) if kind == "joblib" else "TRUST=1"
        )
        assert "TRUST=1" in refused
        verb.append("--trust")
    printed = run(platform.home, "-m", "trainer", *verb, uri=platform.uri)
    assert "UserWarning" not in printed, printed
    version = printed.partition(f"{MODEL} version ")[2].partition(" ")[0]
    if "alias production moved to it" not in printed:
        # Clients of the model before send other columns: the gate leaves that to a person.
        assert "other features" in printed, printed
        shutil.copy(platform.home / "data/passengers.contract.yaml", platform.home / "data/contract.yaml")
        run(platform.home, "-m", "trainer", "promote", "--version", version, uri=platform.uri)
    return version


@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", KINDS)
def test_an_adopted_model_is_served_audited_and_watched_and_answers_as_its_library(
    kind: str, platform: Platform
) -> None:
    version = adopted(platform, kind)
    wait_until(lambda: served_version(platform.api) == version, f"version {version} serves", 120)

    rows, shares = platform.answers[kind]["rows"], np.array(platform.answers[kind]["shares"])
    answers = [httpx2.post(f"{platform.api}/predict", json=row, timeout=10).raise_for_status().json() for row in rows]
    served = np.array([[one["probabilities"][name] for name in ("no", "yes")] for one in answers])
    assert np.abs(served - shares).max() <= 1e-5
    assert [one["label_name"] for one in answers] == [("no", "yes")[place] for place in shares.argmax(axis=1)]
    assert {one["model"]["version"] for one in answers} == {version}

    ids = [one["prediction_id"] for one in answers]
    wait_until(lambda: audited(platform.home, ids), "the answers in the audit", 120)
    metrics = httpx2.get(f"{platform.api}/metrics", timeout=10).text
    for column in rows[0]:
        marks = [
            line for line in metrics.splitlines() if f'feature="{column}"' in line and f'version="{version}"' in line
        ]
        assert any(line.startswith("feature_reference_ratio{") for line in marks), column
