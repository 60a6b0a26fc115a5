"""Bins of the training rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.bundle.reference import inner_edges, labels, reference
from trainer.contract.contract import Contract
from trainer.data.dataset import Rows

ONE_NUMBER = Contract.model_validate(
    {
        "name": "one",
        "source": "one.csv",
        "columns": [
            {"name": "x", "dtype": "float64", "unit": "", "minimum": -1e6, "maximum": 1e6, "description": ""},
        ],
        "target": {"name": "letter", "description": "", "classes": ["a", "b"]},
    }
)


def test_labels_read_as_intervals_closed_on_the_right() -> None:
    assert labels([4.9, 5.4, 6.9]) == ["(-inf, 4.9]", "(4.9, 5.4]", "(5.4, 6.9]", "(6.9, +inf)"]


def test_shares_count_a_value_on_an_edge_below_it() -> None:
    rows = Rows(pd.DataFrame({"x": [1.0, 1.0, 2.0, 3.0]}), np.array([0, 0, 0, 1], dtype=np.int64))
    assert reference(rows, ONE_NUMBER, bins=4) == {
        "format": 1,
        "rows": 4,
        "features": {
            "x": {"edges": [1.0, 2.0], "labels": ["(-inf, 1]", "(1, 2]", "(2, +inf)"], "share": [0.5, 0.25, 0.25]}
        },
        "classes": {"a": 0.75, "b": 0.25},
    }


def test_a_constant_column_has_one_edge() -> None:
    rows = Rows(pd.DataFrame({"x": [3.5] * 4}), np.array([0, 1, 0, 1], dtype=np.int64))
    assert reference(rows, ONE_NUMBER, bins=10)["features"]["x"] == {
        "edges": [3.5],
        "labels": ["(-inf, 3.5]", "(3.5, +inf)"],
        "share": [1.0, 0.0],
    }


def test_edges_have_few_digits() -> None:
    values = np.random.default_rng(1).uniform(0, 3, 1000)
    assert all(edge == round(edge, 3) for edge in inner_edges(values, 10))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=1, max_size=60),
    st.integers(min_value=2, max_value=12),
)
def test_whatever_the_values_edges_rise_and_shares_sum_to_one(values: list[float], bins: int) -> None:
    rows = Rows(pd.DataFrame({"x": values}), np.zeros(len(values), dtype=np.int64))
    feature = reference(rows, ONE_NUMBER, bins)["features"]["x"]
    assert feature["edges"] == sorted(set(feature["edges"]))
    assert len(feature["share"]) == len(feature["labels"]) == len(feature["edges"]) + 1 <= max(bins, 2)
    assert sum(feature["share"]) == pytest.approx(1)
    if len(set(values)) > 1:
        assert all(share > 0 for share in feature["share"]) or len(feature["edges"]) == 1
    assert len(set(feature["labels"])) == len(feature["labels"])
