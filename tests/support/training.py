"""A model that the trainer itself made and published, for tests that need a real one and not the best one."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
# One process for the four verbs: each would load scikit-learn and MLflow again.
VERBS = """
import sys
from rich.console import Console
from trainer.__main__ import main
for verb in ("prepare", "train", "bundle", "publish"):
    if status := main([verb], Console(width=110), Console(stderr=True)):
        sys.exit(status)
"""


class Published(NamedTuple):
    """Address of the registry, the registered model that has `production` there, and the bundle on disk."""

    uri: str
    model: str
    bundle: Path


def publish_linear(folder: Path, uri: str, model: str) -> Published:
    """Train the real contract's linear candidate in the empty `folder` and publish it."""
    (folder / "data").mkdir()
    contract = yaml.safe_load((ROOT / "data/contract.yaml").read_text())
    (folder / "data/contract.yaml").write_text(yaml.safe_dump(contract | {"model": model}))
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    params["candidates"] = {"logistic_regression": params["candidates"]["logistic_regression"]}
    params["parity"]["random_rows"] = 100
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    environment = {**os.environ, "MLFLOW_TRACKING_URI": uri}
    done = subprocess.run(
        [sys.executable, "-c", VERBS], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (bundle,) = (folder / "artifacts" / "bundles").iterdir()
    return Published(uri, model, bundle)
