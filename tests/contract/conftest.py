"""What the contract tests share: the schemas of docs/formats, and one bundle made by the trainer itself."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from trainer.bundle.bundle import bundle
from trainer.contract.contract import read_contract
from trainer.data.prepare import prepare
from trainer.params import read_params
from trainer.training.train import train
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent

ROOT = Path(__file__).resolve().parents[2]
Validate = Callable[[Any, str], None]


@pytest.fixture(scope="session")
def validate() -> Validate:
    """Hold a document against docs/formats/<name>.schema.json."""

    def check(document: Any, name: str) -> None:
        schema = json.loads((ROOT / f"docs/formats/{name}.schema.json").read_text())
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(document)

    return check


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the real contract and the real parameters, with fewer random rows to compare."""
    root = tmp_path_factory.mktemp("trainer")
    (root / "data").mkdir()
    shutil.copy(ROOT / "data/contract.yaml", root / "data")
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    params["candidates"] = {"logistic_regression": params["candidates"]["logistic_regression"]}
    params["parity"]["random_rows"] = 100
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    layout = Layout(root)
    contract, chosen = read_contract(layout.contract), read_params(layout.params)
    prepare(layout, contract)
    train(layout, contract, chosen, Silent())
    return bundle(layout, contract, chosen).path
