"""Poison rows: find by halving which rows a store refuses, and land all the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from courier.errors import RowsRefusedError
from courier.store.protocol import Store

Row = TypeVar("Row")
Result = TypeVar("Result")


def add_isolated(
    store: Store, rows: Sequence[Row], add: Callable[[Sequence[Row]], Result], first: int = 0
) -> tuple[list[Result], list[tuple[int, str]]]:
    """Add rows inside the store's current transaction, without those it refuses.

    One statement when all is well; about 2·log2(n) more for each poison row. Anything but a refusal passes through,
    so that a lost connection is never taken for a bad row.

    Returns the results of the parts that were added, and for each refused row its index (from `first`) and the reason.
    """
    if not rows:
        return [], []
    try:
        with store.transaction():
            return [add(rows)], []
    except RowsRefusedError as error:
        if len(rows) == 1:
            return [], [(first, str(error))]
    middle = len(rows) // 2
    left, left_refused = add_isolated(store, rows[:middle], add, first)
    right, right_refused = add_isolated(store, rows[middle:], add, first + middle)
    return left + right, left_refused + right_refused
