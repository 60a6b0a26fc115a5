"""One small bundle with every kind of column, as it stands in the gate, and its table."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.support.kinds import kinds_csv, kinds_page
from tests.support.tables import small_params
from trainer.bundle.bundle import bundle
from trainer.contract.contract import Contract, read_contract
from trainer.data.prepare import prepare
from trainer.gate.contender import Split, of_bundle
from trainer.params import Params
from trainer.scoring.model import Model
from trainer.training.train import train
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent

LINEAR = {
    "many": {"linear": {"estimator": "LogisticRegression", "settings": {"max_iter": 300}}},
    "regression": {"linear": {"estimator": "Ridge"}},
}


@dataclass(frozen=True)
class Kinds:
    """`csv` is the training table, whose rows the model answers."""

    model: Model
    contract: Contract
    csv: bytes


@pytest.fixture(scope="session", params=["many", "regression"])
def kinds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kinds:
    root = tmp_path_factory.mktemp(f"scored-{request.param}")
    (root / "data").mkdir()
    content = kinds_csv(task=request.param)
    (root / "rows.csv").write_bytes(content)
    (root / "data/contract.yaml").write_text(yaml.safe_dump(kinds_page("rows.csv", task=request.param)))
    layout = Layout(root)
    params = Params.model_validate(small_params() | {"candidates": LINEAR[request.param]})
    contract = read_contract(layout.contract)
    prepare(layout, contract)
    train(layout, contract, params, Silent())
    made = bundle(layout, contract, params)
    return Kinds(Model(of_bundle(made, Split(params.seed, params.holdout_share))), contract, content)


@pytest.fixture
def table(kinds: Kinds, tmp_path: Path) -> Path:
    file = tmp_path / "rows.csv"
    file.write_bytes(kinds.csv)
    return file
