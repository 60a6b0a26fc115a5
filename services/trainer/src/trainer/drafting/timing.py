"""Checks whether a table can be split by its time: every class must occur before the newest rows."""

from typing import Any

import pandas as pd

from trainer.drafting.proposal import Proposal
from trainer.drafting.target import RARE

NEWEST = 0.2
"""The share of the rows that is held out by default."""


def untimely(columns: list[Proposal], target: "pd.Series[Any]") -> str | None:
    """The name of the time, whose role is taken away, where it would hold out all of a class; None where it fits."""
    timed = next((one for one in columns if one.role == "time"), None)
    if timed is None or timed.present is None:
        return None
    order = pd.to_numeric(timed.present, errors="coerce")
    if order.isna().any():
        form = next((line.split('"')[1] for line in timed.lines if line.startswith("    format:")), "ISO8601")
        order = pd.to_datetime(timed.present, format=form, errors="coerce", utc=True).astype("int64")
    oldest = order.sort_values(kind="stable").index[: int(len(order) * (1 - NEWEST))]
    classes = target.str.casefold().value_counts()
    seen = target[target.index.isin(oldest)].str.casefold().value_counts()
    if all(seen.get(name, 0) >= 2 for name, rows in classes.items() if rows >= RARE):
        return None
    timed.role, timed.why = (
        "",
        f"{timed.why.replace('; also the time of the row', '')}; no role: its split lacks a class",
    )
    if not timed.lines:
        timed.kept = "left out"
    return timed.name
