"""A bundle that the trainer's own steps make of a small table, in this process."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from sklearn.pipeline import Pipeline

from trainer.bundle.bundle import Bundle, bundle
from trainer.contract.contract import Contract, read_contract
from trainer.data.dataset import load
from trainer.data.encoding import natural
from trainer.data.prepare import prepare
from trainer.params import Params
from trainer.training.train import train
from trainer.workspace import canonical
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent


@dataclass(frozen=True)
class Trained:
    layout: Layout
    contract: Contract
    params: Params
    bundle: Bundle
    frame: pd.DataFrame
    """The features of the whole data set."""
    report: dict[str, Any]

    @property
    def path(self) -> Path:
        return self.bundle.path

    @cached_property
    def pipeline(self) -> Pipeline:
        loaded: Pipeline = canonical.load(self.bundle.content("model.joblib"))
        return loaded

    def rows(self, count: int = 60) -> list[dict[str, Any]]:
        """The first rows of the data set as a client has them."""
        return [
            {column.name: natural(self.frame[column.name].iloc[row], column) for column in self.contract.columns}
            for row in range(count)
        ]


def workspace(root: Path, page: dict[str, Any] | str, table: bytes) -> Layout:
    """The folder of a project: its contract, and the table in the file `rows.csv`."""
    layout = Layout(root)
    layout.contract.parent.mkdir(parents=True, exist_ok=True)
    layout.contract.write_text(page if isinstance(page, str) else yaml.safe_dump(page))
    (root / "rows.csv").write_bytes(table)
    return layout


def trained(layout: Layout, params: dict[str, Any]) -> Trained:
    """Prepare, train and bundle what the contract of `layout` says."""
    contract, chosen = read_contract(layout.contract), Params.model_validate(params)
    prepare(layout, contract)
    report = train(layout, contract, chosen, Silent())
    made = bundle(layout, contract, chosen)
    frame = load(layout.processed(contract.name), contract).rows.features
    return Trained(layout, contract, chosen, made, frame, report)
