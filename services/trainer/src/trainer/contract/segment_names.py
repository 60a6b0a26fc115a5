"""The names of segments: the values of a column that the contract marks, as they stand in reference.json."""

from typing import Any

import numpy as np
import pandas as pd

from trainer.contract.columns import MISSING


def name_of(value: Any) -> str:
    """A value's name; a missing value has one, too."""
    if pd.isna(value):
        return MISSING
    return str(value).lower() if isinstance(value, bool | np.bool_) else str(value)
