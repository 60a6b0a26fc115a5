"""The order in which many rows are answered fastest: those that take the same branches of a model's trees together."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from pydantic_core import SchemaValidator, ValidationError
from pydantic_core import core_schema as cs

ROW_CELLS = "row_cells"
"""The key in the metadata of a model's file: ``[[feature, [cut, ...]], ...]``; docs/formats has the rule."""

_MOST_FEATURES = 8
_MOST_CUTS = 63  # 64 ** 8 cells can be counted in 64 bits


class Cells:
    """The values of a few features, cut into intervals: rows within the same ones are neighbours."""

    def __init__(self, cuts: Sequence[tuple[int, Sequence[float]]]) -> None:
        """``cuts``: a feature's place, counted from 0, and where its values are cut, ascending."""
        self._cuts = [(feature, np.array(values, dtype=np.float32)) for feature, values in cuts]

    def order(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
        """The places of ``rows`` [n, features], neighbours together: int [n]."""
        cells = np.zeros(len(rows), dtype=np.int64)
        for feature, values in self._cuts:
            cells = cells * (len(values) + 1) + np.searchsorted(values, rows[:, feature])
        return np.argsort(cells)


def cells_of(metadata: Mapping[str, str], features: int) -> Cells | None:
    """The order that the file asks for. One that can't be met is left out, because the answers are the same."""
    try:
        return Cells(_validator(features).validate_json(metadata[ROW_CELLS]))
    except (KeyError, ValidationError):
        return None


def _validator(features: int) -> SchemaValidator:
    place = cs.int_schema(ge=0, lt=features)
    cuts = cs.list_schema(cs.float_schema(allow_inf_nan=False), min_length=1, max_length=_MOST_CUTS)
    return SchemaValidator(
        cs.list_schema(cs.tuple_schema([place, cuts]), min_length=1, max_length=_MOST_FEATURES),
        config=cs.CoreConfig(strict=True),
    )
