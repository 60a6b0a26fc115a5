"""A copy of the repository as the trainer sees it, and the trainer and its registry as a person asks them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

MODEL, EXPERIMENT = "iris_clf", "iris"


def forget(clone: Path) -> None:
    """As after `git clone`: nothing made is there, and DVC's cache has no copy to hand back."""
    for made in (clone / "artifacts", clone / "data" / "raw", clone / "data" / "processed", clone / ".dvc" / "cache"):
        shutil.rmtree(made)
    for made in (clone / "data" / "schema.json", clone / "data" / "metadata.json"):
        made.unlink()


def environment(uri: str = "") -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    nobody = "http://127.0.0.1:9"
    settings = {"MLFLOW_TRACKING_URI": uri, "COURIER_URL": nobody, "DVC_NO_ANALYTICS": "1"}
    return {**os.environ, "PATH": path, **settings}


def run(clone: Path, *arguments: str, uri: str = "", status: int = 0) -> str:
    """What `python -m …` printed, both streams."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=clone, env=environment(uri), capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def bundle_of(clone: Path) -> str:
    (found,) = (clone / "artifacts" / "bundles").iterdir()
    return found.name


def client_of(uri: str) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri)


def versions(uri: str) -> list[Any]:
    return list(client_of(uri).search_model_versions(f"name = '{MODEL}'"))


def runs(uri: str) -> list[Any]:
    client = client_of(uri)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    return list(client.search_runs([experiment.experiment_id])) if experiment else []
