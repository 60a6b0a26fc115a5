"""Times and groups of rows."""

import numpy as np
import pandas as pd

from trainer.data.ordering import groups_of, times_of


def test_numbers_iso_text_and_nothing_become_times_that_grow() -> None:
    assert times_of(pd.Series(["3", "1", None])).tolist() == [3.0, 1.0, np.inf]
    said = pd.Series(["2026-01-02", "2026-01-01T12:00:00Z", None, "nonsense"])
    assert times_of(said).tolist() == [1767312000.0, 1767268800.0, np.inf, np.inf]


def test_a_missing_group_is_none() -> None:
    assert groups_of(pd.Series(["a", None, 7])).tolist() == ["a", None, "7"]
