"""Brings a model that was logged to MLflow here as it is, without opening it."""

import os
import re
from pathlib import Path

from trainer.errors import AdoptionError
from trainer.registry.versions import MlflowVersions
from trainer.settings import Settings
from trainer.workspace.confined import MIB, ChampionError, Limits, run

ADDRESS = re.compile(r"(runs:/[^/\s]+/\S+|models:/[^/\s@]+(/[^/\s]+|@[^/\s]+)?|m-[0-9a-f]+)")
DOWNLOAD = Limits(seconds=300, memory=1024 * MIB, file=512 * MIB)


def is_address(text: str) -> bool:
    """Whether it names a model of MLflow, and not a file."""
    return text.startswith(("runs:", "models:"))


def bring(address: str, settings: Settings, into: Path) -> Path:
    """The model's folder below `into`, an empty one. Raises AdoptionError, and RegistryError without an MLflow."""
    if not ADDRESS.fullmatch(address):
        raise AdoptionError(f"{address} is not a model's address; write runs:/<run>/<name> or models:/<name>/<version>")
    MlflowVersions(settings)
    environment = {**os.environ, **settings.credentials(), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        run("trainer.registry.foreign_download", [settings.mlflow_tracking_uri, address], into, environment, DOWNLOAD)
    except ChampionError as error:
        raise AdoptionError(f"{address} can't be brought from MLflow: {error}") from None
    found = sorted(into.glob("model/**/MLmodel"))
    if not found:
        raise AdoptionError(f"{address} holds no file MLmodel, so it is not a model of MLflow")
    return found[0].parent
