"""The folders of the embedded platform's files, and the environment of its processes."""

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from scripts.run.errors import LifecycleError
from scripts.run.ports import HOST

# Dropped from the person's environment: the embedded platform decides these itself.
INHERITED_DROPPED = (
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "SERVING_DIR",
    "JOURNAL_DIR",
    "PROMETHEUS_MULTIPROC_DIR",
    "SQLITE_PATH",
)

MOST_BYTES = 4 * 1024**2
"""Of a contract, as the trainer reads it."""


def model_of(root: Path) -> str:
    """The registered model's name by data/contract.yaml. Raises LifecycleError where that file names no table."""
    path = root / "data" / "contract.yaml"
    try:
        with path.open("rb") as file:
            page = yaml.safe_load(file.read(MOST_BYTES).decode())
        name, model = page["name"], page.get("model")
    # PyYAML lets the first four through for a date such as 2026-13-45, a wrong tag and brackets without an end.
    except (ValueError, TypeError, AttributeError, RecursionError, OSError, yaml.YAMLError, KeyError) as error:
        raise LifecycleError(f"{path} has no name: or cannot be read; `make contract` drafts one") from error
    if not isinstance(name, str) or not isinstance(model, str | None):
        raise LifecycleError(f"{path}: name: and model: should be texts")
    # As `Contract.registered_model` has it, in 64 characters.
    return model or f"{name[:58]}_model"


@dataclass(frozen=True)
class Home:
    """One checkout with its ports; every path is relative to `root`."""

    root: Path
    mlflow_port: int
    api_port: int
    courier_port: int
    external_mlflow: str | None = None
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def mlflow_uri(self) -> str:
        return self.external_mlflow or f"http://{HOST}:{self.mlflow_port}"

    @property
    def api_url(self) -> str:
        return f"http://{HOST}:{self.api_port}"

    @property
    def courier_url(self) -> str:
        return f"http://{HOST}:{self.courier_port}"

    @property
    def audit(self) -> Path:
        return self.root / "logs" / "predictions.db"

    @property
    def model_name(self) -> str:
        """The registered model that the contract names: the trainer publishes it and the courier follows it."""
        return model_of(self.root)

    @property
    def serving_dir(self) -> Path:
        """Where the courier puts models for the api: the services' own default, below this checkout."""
        return (self.root / "var" / "serving").resolve()

    def log(self, name: str) -> Path:
        return self.root / "var" / "run" / f"{name}.log"

    def lock(self, name: str) -> Path:
        return self.root / "var" / "run" / f"{name}.lock"

    def settings(self) -> dict[str, str]:
        """The environment of every process of this platform, on the embedded defaults."""
        kept = {name: value for name, value in self.environment.items() if name not in INHERITED_DROPPED}
        return kept | {
            "MLFLOW_TRACKING_URI": self.mlflow_uri,
            "MODEL_NAME": self.model_name,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "ORT_DISABLE_TELEMETRY": "1",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "API_HOST": HOST,
            "API_PORT": str(self.api_port),
            "LINKS": json.dumps({"MLflow": self.mlflow_uri}),
            "COURIER_HOST": HOST,
            "COURIER_PORT": str(self.courier_port),
            "LOG_DIR": str(self.root / "logs"),
            # There may be no home folder that it could write its list of fonts to.
            "MPLCONFIGDIR": kept.get("MPLCONFIGDIR", str(self.root / "var" / "matplotlib")),
            "PYTHONUNBUFFERED": "1",
        }

    def mlflow_command(self) -> list[str]:
        """MLflow on SQLite and local files: one worker, no job runner."""
        store = self.root / "var" / "mlflow"
        return [
            *(sys.executable, "-m", "mlflow", "server", "--workers", "1"),
            *("--host", HOST, "--port", str(self.mlflow_port)),
            *("--backend-store-uri", f"sqlite:///{store / 'mlflow.db'}"),
            *("--artifacts-destination", str(store / "artifacts")),
        ]
