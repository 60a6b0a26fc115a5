"""The card of a regression with times: the span of its rows, errors by segment, and the limits of a regression."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from trainer.bundle.bundle import bundle
from trainer.card.storage import keep_card, made
from trainer.contract.contract import Contract
from trainer.data.prepare import prepare
from trainer.gate.judging import judge_of
from trainer.gate.publish import publish
from trainer.params import Params
from trainer.registry.training_files import read_publication
from trainer.testing import MemoryRegistry
from trainer.training.train import train
from trainer.workspace.layout import Layout
from trainer.workspace.progress import Silent

CONTRACT = {
    "name": "sizes",
    "source": "sizes.csv",
    "task": "regression",
    "roles": {"time": "day"},
    "columns": [
        {"name": "x", "dtype": "float64", "unit": "m", "minimum": -9, "maximum": 9, "description": "Length"},
        {"name": "kind", "kind": "category", "categories": ["a", "b"], "unknown": "refuse", "segment": True,
         "description": "Kind"},
    ],
    "target": {"name": "y", "description": "Weight", "unit": "kg", "minimum": -50, "maximum": 50},
}  # fmt: skip


def test_a_regression_shows_its_dates_its_errors_by_segment_and_its_limits(
    layout: Layout, fast_with: Callable[..., Params]
) -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=300)
    days = pd.date_range("2024-01-01", periods=300, freq="D").strftime("%Y-%m-%d")
    table = {"x": x, "kind": generator.choice(["a", "b"], 300), "day": days, "y": 3 * x + generator.normal(size=300)}
    pd.DataFrame(table).to_csv(layout.root / "sizes.csv", index=False)
    contract = Contract.model_validate(CONTRACT)
    params = fast_with(candidates={"ridge": {"estimator": "Ridge"}})
    prepare(layout, contract)
    train(layout, contract, params, Silent())
    bundle(layout, contract, params)
    publication, registry = read_publication(layout, contract, params), MemoryRegistry()
    done = publish(publication, registry, judge_of(publication, params), Silent())
    keep_card(publication, done.version, registry, layout, contract, params)
    evidence, page = made(registry, "sizes_model", done.version)
    assert evidence.facts is not None
    held = evidence.facts["holdout"]
    assert abs(held["mean_absolute_error"]["value"] - evidence.manifest["quality"]["mae"]) < 1e-6
    assert [one["value_name"] for one in held["segments"]] == ["a", "b"]
    assert "2024-01-01 to 2024-10-26" in page
    assert "the newest rows are held out" in page
    assert "the platform estimates no quality before labels come" in page
    assert "<h2>Calibration</h2>" not in page
