"""Drafts of contracts for tables that a test makes from columns."""

import random
from collections.abc import Callable

import pandas as pd
import yaml

from trainer.contract.contract import Contract
from trainer.data.table import ParsedTable, parse_source
from trainer.drafting.draft import Draft, draft

ROWS = 120


def made(content: bytes, target: str = "kind", source: str = "rows.csv") -> tuple[Draft, Contract, ParsedTable]:
    """The draft, as a contract, and the file read by it."""
    found = draft(content, source, target)
    contract = Contract.model_validate(yaml.safe_load(found.page))
    return found, contract, parse_source(content, contract, source)


def table(**columns: Callable[[int], object]) -> bytes:
    """A number of one's own beside the columns, so that no table is empty; the classes are a and b by turns."""
    rng = random.Random(5)
    rows = {name: [cell(row) for row in range(ROWS)] for name, cell in columns.items()}
    size = [f"{rng.uniform(0, 9):.2f}" for _ in range(ROWS)]
    kind = ["ab"[rng.randrange(2)] for _ in range(ROWS)]
    return pd.DataFrame(rows | {"size": size, "kind": kind}).to_csv(index=False).encode()


def column(found: Draft, name: str) -> tuple[str, str]:
    """The kind that is proposed for a column, and why."""
    return next((one.kept, one.why) for one in found.columns if one.name == name)


def values(row: int) -> int:
    """A whole number for each row, in no order."""
    return (row * 7919) % 977 + 1000
