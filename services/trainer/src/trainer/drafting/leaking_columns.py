"""Proposes to ignore the columns that hold the answer."""

from typing import Any

import numpy as np
import pandas as pd

from trainer.drafting.leaks import Answers, leaks
from trainer.drafting.proposal import Proposal


def leave_out_leaks(columns: list[Proposal], target: "pd.Series[Any]", decimal: str) -> list[str]:
    """Columns that hold the answer are proposed to be ignored, with the reason; all are kept where no other is left.

    `target` has the texts of the answers, and `decimal` is the sign before their decimals.

    Returns the problem of a table in which every column holds the answer, e.g. one that a formula has made.
    """
    texts = {
        one.name: one.present.reindex(target.index).fillna("")
        for one in columns
        if one.kept in {"category", "boolean"} and one.present is not None
    }
    numbers = {
        one.name: np.asarray(one.numbers.values.reindex(target.index), dtype=np.float64)
        for one in columns
        # A time that classes follow is a change of the world, and its role splits the rows by it.
        if one.numbers is not None and one.role != "time"
    }
    present = {
        one.name: pd.Series(target.index.isin(one.present.index), target.index)
        for one in columns
        if one.present is not None and one.kept != "left out"
    }
    gaps = {name: there for name, there in present.items() if not there.all()}
    found = leaks(texts, numbers, Answers.of(target, decimal), gaps)
    holding = [one for one in columns if one.name in found]
    if found and not any(one.lines for one in columns if one.name not in found):
        for one in holding:
            one.why = f"holds the answer: {found[one.name]}; kept, because no other column is left"
        return [
            f"every column holds the answer ({', '.join(found)[:200]}): the model will look perfect; is each of them "
            "known when the model is asked?"
        ]
    for one in holding:
        why = f"holds the answer: {found[one.name]}"
        one.kept, one.why, one.lines, one.numbers, one.role = "left out", why, (), None, ""
    return []
