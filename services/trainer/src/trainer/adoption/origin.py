"""The file that MODEL names: its format, and whether reading it runs code."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from trainer.errors import AdoptionError

Format = Literal["pickle", "skops", "lightgbm", "xgboost", "onnx"]
MOST_BYTES = 512 * 1024**2
"""The largest file of a model, the same as of a bundle."""
MLMODEL = "MLmodel"
PICKLES = {".joblib", ".pkl", ".pickle"}
HEAD = 4096
DAMAGED = "it is damaged, cut off, or not a model; save it again"
FORMATS = "a .joblib or .pkl of scikit-learn, .skops, LightGBM's .txt, XGBoost's .json or .ubj, .onnx"
# The flavours of MLflow that hold a model, not code, and the key under which each names its file.
FLAVOURS: Mapping[str, tuple[Format, str]] = {
    "sklearn": ("pickle", "pickled_model"),
    "lightgbm": ("lightgbm", "data"),
    "xgboost": ("xgboost", "data"),
    "onnx": ("onnx", "data"),
}


@dataclass(frozen=True)
class Origin:
    """A model's file on this machine."""

    path: Path
    format: Format
    signature: tuple[str, ...] = ()
    """The columns of MLflow's signature, in its order; empty without one."""

    @property
    def runs_code(self) -> bool:
        return self.format == "pickle"


def of_path(path: Path) -> Origin:
    """A file, or a folder as MLflow saves one. Raises AdoptionError for anything else."""
    if path.is_dir():
        if not (path / MLMODEL).is_file():
            raise AdoptionError(f"{path} is a folder without an {MLMODEL} file; name {FORMATS}, or a folder of MLflow")
        return _of_mlflow(path)
    if not path.is_file():
        raise AdoptionError(f"{path} is not there; MODEL names {FORMATS}, runs:/… or models:/name/3")
    return Origin(path, _format(path))


def _of_mlflow(folder: Path) -> Origin:
    try:
        page: Any = yaml.safe_load((folder / MLMODEL).read_bytes()[:MOST_BYTES])
        flavours = dict(page["flavors"])
        signature = _signature(page)
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise AdoptionError(f"{folder / MLMODEL} can't be read: {' '.join(str(error).split())[:200]}") from error
    for flavour, (format_, key) in FLAVOURS.items():
        if flavour not in flavours:
            continue
        name = str(flavours[flavour].get(key, ""))
        path = (folder / name).resolve()
        if not name or folder.resolve() not in path.parents or not path.is_file():
            raise AdoptionError(f"{folder / MLMODEL} names the file {name!r}, which is not in its folder")
        return Origin(path, _format(path, format_), signature)
    others = ", ".join(sorted(flavours)) or "none"
    raise AdoptionError(
        f"the MLflow model has the flavours {others}; a pyfunc model is code and can't become ONNX: "
        f"log the estimator itself with mlflow.{', mlflow.'.join(FLAVOURS)}"
    )


def _signature(page: Mapping[str, Any]) -> tuple[str, ...]:
    inputs = json.loads((page.get("signature") or {}).get("inputs") or "[]")
    return tuple(str(one["name"]) for one in inputs if isinstance(one, dict) and one.get("name"))


def _format(path: Path, expected: Format | None = None) -> Format:
    """By its first bytes where they say it, else by its ending. Raises AdoptionError."""
    size = path.stat().st_size
    if not size:
        raise AdoptionError(f"{path.name} is empty")
    if size > MOST_BYTES:
        raise AdoptionError(f"{path.name} has {size >> 20} MiB; a model may have {MOST_BYTES >> 20}")
    ending = path.suffix.lower()
    if zipfile.is_zipfile(path) and (ending == ".skops" or _has_schema(path)):
        return "skops"
    with path.open("rb") as file:
        head = file.read(HEAD)
    if expected in {None, "lightgbm"} and head.lstrip().startswith(b"tree"):
        return "lightgbm"
    if expected is not None and ending not in PICKLES:
        return expected
    by_ending: dict[str, Format] = {".onnx": "onnx", ".json": "xgboost", ".ubj": "xgboost", ".txt": "lightgbm"}
    if found := by_ending.get(ending):
        return found
    if ending in PICKLES or head[:1] == b"\x80":
        return "pickle"
    if ending == ".skops":
        raise AdoptionError(f"{path.name} can't be read as a skops file: {DAMAGED}")
    raise AdoptionError(f"{path.name} is none of the formats that are read: {FORMATS}")


def _has_schema(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "schema.json" in archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return False
