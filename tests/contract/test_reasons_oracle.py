"""Reasons equal those of shap.TreeExplainer; tests/support/shap_oracle.py recorded its numbers."""

import json
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from api.bundle.reasons_file import read_arrays
from api.bundle.shapley import TreeReasons
from tests.support.shap_oracle import COLUMNS, EXPLAINED, ORACLE, fitted
from trainer.bundle.reasons import reasons_of
from trainer.contract.columns import Number

RECORDED: dict[str, Any] = json.loads(ORACLE.read_text())
CLOSE = 1e-6


@cache
def models() -> dict[str, tuple[Any, Any]]:
    return fitted()


def explained(model: Any, rows: Any) -> Any:
    """[outputs, rows, 1 + columns] as the api computes them from the trainer's file; of two classes the second."""
    limits = {"dtype": "float64", "unit": "", "minimum": -9, "maximum": 9, "description": ""}
    columns = [Number.model_validate({"name": f"c{place}", **limits}) for place in range(COLUMNS)]
    frame = pd.DataFrame(rows, columns=[one.name for one in columns])
    section, content = reasons_of(Pipeline([("model", model)]), frame, columns)
    assert content is not None, section
    arrays = read_arrays(content, method="trees", columns=COLUMNS, outputs={1, 2, 3})
    found = TreeReasons(arrays, arrays["source"])
    outputs = [1] if len(found.base) == 2 else range(len(found.base))
    return np.array(
        [
            [[found.base[output], *found.of(row, output, COLUMNS, lambda: None)] for row in rows[:EXPLAINED]]
            for output in outputs
        ]
    )


def test_the_recorded_numbers_are_of_the_models_of_these_versions() -> None:
    recorded = {name: number for name, number in RECORDED["versions"].items() if name != "shap"}
    assert recorded == {name: version(name) for name in recorded}, "run tests/support/shap_oracle.py again"


@pytest.mark.parametrize("name", [name for name in RECORDED if name != "versions"])
def test_contributions_and_base_are_those_of_shap(name: str) -> None:
    model, rows = models()[name]
    found, wanted = explained(model, rows), np.array(RECORDED[name])
    assert found.shape == wanted.shape
    assert np.abs(wanted).max() > 0.1
    assert np.abs(found - wanted).max() <= CLOSE
