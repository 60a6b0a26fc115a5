"""A number of the table is itself again after float32; any other float32 stays what it is."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from trainer.adoption.decimals import restored, steps_of
from trainer.contract.columns import Number
from trainer.data.dataset import Rows


@given(st.lists(st.integers(-80_000, 80_000), min_size=1))
def test_two_decimals_come_back_from_float32(hundredths: list[int]) -> None:
    values = np.array(hundredths) / 100
    assert restored(values.astype(np.float32).astype(np.float64), 100.0).tolist() == values.tolist()


@given(st.floats(-1000, 1000, width=32), st.sampled_from([0.0, 10.0, 1000.0]))
def test_what_is_restored_is_the_same_float32(value: float, step: float) -> None:
    (found,) = restored(np.array([value]), step)
    assert np.float32(found) == np.float32(value)


def test_the_decimals_of_a_column_are_those_of_its_table() -> None:
    columns = [
        Number.model_validate(
            {"name": name, "description": "", "dtype": kind, "unit": "", "minimum": -1e6, "maximum": 1e6}
        )
        for name, kind in {"one": "float64", "many": "float64", "whole": "int64", "large": "float64"}.items()
    ]
    frame = pd.DataFrame(
        {"one": [0.5, 31.9, np.nan], "many": [1 / 3, 2.0, 1.0], "whole": [1, 2, 3], "large": [1e8, 0.1, 1.0]}
    )
    rows = Rows(frame, np.zeros(3))
    assert steps_of(columns, rows) == [10.0, 0.0, 0.0, 0.0]
