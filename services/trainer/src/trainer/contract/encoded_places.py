"""Where the contract's columns lie in the encoded table."""

from collections.abc import Sequence
from itertools import accumulate

from trainer.contract.columns import Column, Moment
from trainer.contract.moments import NUMBERS


def width(column: Column) -> int:
    """Columns of the encoded table that a column becomes."""
    return NUMBERS[column.kind] if isinstance(column, Moment) else 1


def places(columns: Sequence[Column]) -> list[list[int]]:
    """Where each column lies in the encoded table."""
    ends = list(accumulate(width(column) for column in columns))
    return [list(range(end - width(column), end)) for column, end in zip(columns, ends, strict=True)]
