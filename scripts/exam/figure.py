"""The winner's figure on the whole table, as the baselines were measured: five folds, each row predicted once."""

from pathlib import Path

import joblib
from sklearn.model_selection import FixedThresholdClassifier

from trainer.contract.contract import read_contract
from trainer.data.dataset import load
from trainer.training.evaluate import cross_validate
from trainer.workspace.layout import Layout

FOLDS, SEED = 5, 42


def whole_table_figure(metric: str, home: Path) -> float:
    """The mean over the folds of `metric`, a name of cross-validation's figures; higher is better.

    The trained pipeline lies in artifacts/model of `home`; it is fitted again for each fold.
    """
    layout = Layout(home)
    contract = read_contract(layout.contract)
    rows = load(layout.processed(contract.name), contract).rows
    model = joblib.load(layout.model)
    # A threshold is around the pipeline; it changes the answered class, and no probability.
    pipeline = model.estimator if isinstance(model, FixedThresholdClassifier) else model
    return cross_validate(pipeline, rows, folds=FOLDS, seed=SEED, scoring=metric, task=contract.task).score
