"""Times and groups of rows."""

import numpy as np
import pandas as pd
import pytest

from trainer.data.ordering import groups_of, times_of, weights_of
from trainer.errors import DataError


def test_numbers_iso_text_and_nothing_become_times_that_grow() -> None:
    assert times_of(pd.Series(["3", "1", None])).tolist() == [3.0, 1.0, np.inf]
    found = pd.Series(["2026-01-02", "2026-01-01T12:00:00Z", None, "nonsense"])
    assert times_of(found).tolist() == [1767312000.0, 1767268800.0, np.inf, np.inf]


def test_a_missing_group_is_none() -> None:
    assert groups_of(pd.Series(["a", None, 7])).tolist() == ["a", None, "7"]


def test_a_weight_that_is_missing_is_the_mean_of_the_others() -> None:
    assert weights_of(pd.Series(["1", None, "3"], name="w")).tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("cell", ["-1", "many", "inf"])
def test_a_weight_that_is_none_names_its_line_and_column(cell: str) -> None:
    with pytest.raises(DataError, match=rf"line 3, column w \(roles.weight\): '{cell}' must be a number, zero or more"):
        weights_of(pd.Series(["1", cell], name="w"))


@pytest.mark.parametrize("cells", [["0", "0"], [None, None]])
def test_a_table_where_no_row_counts_is_refused(cells: list[str | None]) -> None:
    with pytest.raises(DataError, match="every row has the weight zero or none"):
        weights_of(pd.Series(cells, name="w", dtype=object))
