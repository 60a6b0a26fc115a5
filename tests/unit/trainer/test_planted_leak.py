"""A table that a shuffled split believes and a split by time does not: each answer is that of the rows around it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.trainer.conftest import FAST
from trainer.bundle.bundle import bundle
from trainer.contract.contract import Contract
from trainer.data.prepare import prepare
from trainer.gate.judging import judge_of
from trainer.params import Params
from trainer.registry.training_files import read_publication
from trainer.registry.verdict import Verdict
from trainer.training.train import train
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent

COUNTED: dict[str, Any] = {"kind": "number", "dtype": "float64", "unit": "", "description": "", "minimum": 0}
FLOORS = ("accuracy_floor", "log_loss_ceiling", "recall_floor", "calibration_ceiling", "r2_floor")


@pytest.fixture
def learned(layout: Layout, fast_with: Callable[..., Params]) -> Callable[[dict[str, str]], tuple[float, Verdict]]:
    """ROC-AUC in cross-validation, and what the gate says of the first model."""
    generator = np.random.default_rng(4)
    place = np.arange(1500)
    table = pd.DataFrame(
        {
            "counter": place + generator.uniform(size=len(place)),
            "noise": generator.uniform(size=len(place)),
            "day": [str(one.date()) for one in pd.Timestamp("2020-01-01") + pd.to_timedelta(place, unit="D")],
            "outcome": np.where(generator.random(len(place) // 25) < 0.5, "bad", "good")[place // 25],
        }
    )
    table.sample(frac=1, random_state=1).to_csv(layout.root / "table.csv", index=False)
    forest = {"estimator": "RandomForestClassifier", "settings": {"n_estimators": 20, "min_samples_leaf": 3}}
    gate = {key: value for key, value in FAST["gate"].items() if key not in FLOORS}
    params = fast_with(candidates={"forest": forest}, gate=gate)

    def found(roles: dict[str, str]) -> tuple[float, Verdict]:
        columns = [COUNTED | {"name": "counter", "maximum": 1501}, COUNTED | {"name": "noise", "maximum": 1}]
        target = {"name": "outcome", "description": "", "classes": ["bad", "good"]}
        page = {"name": "leak", "source": "table.csv", "columns": columns, "target": target}
        page |= {"roles": roles} if roles else {"ignore": ["day"]}
        contract = Contract.model_validate(page)
        prepare(layout, contract)
        report = train(layout, contract, params, Silent())
        bundle(layout, contract, params)
        verdict = judge_of(read_publication(layout, contract, params), params)(None)
        return report["candidates"]["forest"]["cross_validation"]["roc_auc"], verdict

    return found


def test_shuffled_rows_believe_it_and_the_split_by_time_refuses_it(
    learned: Callable[[dict[str, str]], tuple[float, Verdict]],
) -> None:
    shuffled, believed = learned({})
    assert shuffled >= 0.95
    assert believed.passed
    honest, refused = learned({"time": "day"})
    assert honest <= 0.6
    assert [one.name for one in refused.criteria if not one.passed] == ["against guessing"]
