"""The proposal for a column of numbers: measured, a time, an id, a weight, or codes that are categories."""

from typing import Any

import numpy as np
import pandas as pd

from trainer.contract.cells import EXACT
from trainer.contract.number_text import DECIMAL_COMMA
from trainer.drafting import ids
from trainer.drafting.numbers_seen import NumbersSeen, numbers_seen
from trainer.drafting.proposal import Proposal, by_name, of_texts
from trainer.drafting.yaml_text import around, quoted

FEW_NUMBERS = 12
"""Whole numbers with no more different values may be codes."""


def of_numbers(name: str, present: "pd.Series[Any]", decimal: str, *, gaps: bool) -> Proposal | None:
    """None where a text is not a number; `gaps` says whether some rows lack a value."""
    seen = numbers_seen(present, decimal)
    if seen is None:
        return None
    known = seen.values.dropna()
    written, values = present[known.index], np.asarray(known, dtype=np.float64)
    plain, each_row = seen.form == "plain", not gaps and not seen.strays
    if (values % 1 == 0).all() and plain:
        if found := _whole(name, written, values, each_row=each_row):
            return found
    elif seen.form == "thousands" and each_row and (why := _grouped_id(name, values)):
        return Proposal(name, "id", why, role="id")
    if ids.WEIGHT.search(name) and not gaps and (values >= 0).all() and values.any():
        return Proposal(name, "weight", "by its name", role="weight")
    found = _measured(name, seen, written, decimal)
    if plain and each_row and ids.dated(name, values):
        found.role, found.why = "time", "; ".join(part for part in (found.why, "also the time of the row") if part)
    return found


def _grouped_id(name: str, values: ids.Numbers) -> str | None:
    """Why numbers in groups of three are an id. Amounts are written so, too, and each may be another one."""
    why = ids.numbering(name, values)
    return why if why == ids.COUNTED or ids.NAMED.search(name) or ids.is_key(name) else None


def _whole(name: str, written: "pd.Series[Any]", values: ids.Numbers, *, each_row: bool) -> Proposal | None:
    """Whole numbers that measure nothing: times, ids, groups, codes."""
    if written.str.match(r"^0\d").any():
        return of_texts(name, written, "a code: some begin with 0")
    if unit := ids.epoch(name, values):
        return Proposal(name, "time", f"{unit} since 1970", role="time")
    dated = each_row and ids.dated(name, values)
    if each_row and not dated and (why := ids.numbering(name, values)):
        return Proposal(name, "id", why, role="id")
    if (np.abs(values) > EXACT).any():
        return Proposal(name, "id", "whole numbers beyond 2^53, which no model can tell apart", role="id")
    if ids.CODE.search(name):
        return of_texts(name, written, "whole numbers that are codes, by its name")
    return None if dated else _key(name, written, len(np.unique(values)))


def _key(name: str, written: "pd.Series[Any]", different: int) -> Proposal | None:
    if different <= 2 or not ids.is_key(name):
        return None
    return by_name(name, different) or of_texts(name, written, "whole numbers that name something, by its name")


def _measured(name: str, seen: NumbersSeen, written: "pd.Series[Any]", decimal: str) -> Proposal:
    values = seen.values.dropna().to_numpy()
    pointed = "," if seen.form.endswith(DECIMAL_COMMA) else decimal
    whole = bool((values % 1 == 0).all())
    # 3.0 is how a table with gaps writes 3.
    exact = (
        whole
        and seen.form not in ("minutes", "magnitude")
        and not written.str.contains(rf"[{pointed}]0*[1-9]", regex=True).any()
    )
    exact &= not written.str.contains("e", case=False, regex=False).any()
    least, most = values.min(), values.max()
    low, high = around(least, most, whole=exact)
    different = len(np.unique(values))
    why, hint = [], ""
    if exact and set(np.unique(values)) <= {0.0, 1.0}:
        hint = " # TODO: or kind: boolean, without dtype, unit, minimum, maximum and outside"
    elif exact and different <= FEW_NUMBERS:
        hint = f" # TODO: {different} different numbers; are they codes? then kind: category"
        why.append(f"{different} different values: codes?")
    unit = quoted(seen.unit)
    todo = "as the file has it beside the numbers" if seen.unit else "TODO"
    if seen.form == "minutes":
        todo = "1:30 is 90; times of day count from midnight"
    lines = [f"    dtype: {'int64' if exact else 'float64'}{hint}", f"    unit: {unit} # {todo}"]
    if seen.form != "plain":
        lines.append(f"    format: {seen.form} # as in {written.iloc[0]}")
        why.append(f"written like {written.iloc[0]}{', learned as minutes' if seen.form == 'minutes' else ''}")
    lines += [f"    minimum: {low:.15g} # TODO: seen were {least:.10g} to {most:.10g}", f"    maximum: {high:.15g}"]
    lines.append("    outside: warn # refuse: a training row outside the range is an error")
    if seen.strays:
        why.append(f"read as missing: {', '.join(seen.strays[:5])}")
    return Proposal(name, "number", "; ".join(why), tuple(lines), numbers=seen)
