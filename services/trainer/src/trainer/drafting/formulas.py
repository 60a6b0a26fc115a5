"""Columns that make the target by a formula: a weighted sum, a product of powers, a share, a price less a discount."""

import re
from collections.abc import Iterator
from itertools import combinations, permutations

import numpy as np
import numpy.typing as npt
import pandas as pd

ENOUGH, PER_COLUMN = 50, 10
"""Rows, at least, and rows for each column of a sum."""
SURE = 0.999
MOST_TERMS, MOST_FACTORS, MOST_DISCOUNTED = 6, 4, 12
MOST_COLUMNS, MOST_PAIRED, SCREENED = 200, 60, 200
FINE = 20.0
"""The spread of the target, at least, in units of its rounding."""
Numbers = npt.NDArray[np.float64]


def rounding(target: "pd.Series[str]", decimal: str) -> float:
    """A little more than half of the last digit with which the target is written."""
    if target.str.contains("e", case=False, regex=False).any():
        return 0.0
    decimals = target.str.extract(rf"{re.escape(decimal)}(\d+)\D*$", expand=False)
    return 0.6 * 10.0 ** -int(decimals.str.len().fillna(0).max())


def formula(numbers: dict[str, Numbers], values: Numbers, rounded: float) -> dict[str, str]:
    """Why, by column. `numbers` are NaN where missing; `rounded` is by how much the target may be off."""
    usable = {
        name: one
        for name, one in numbers.items()
        if np.isfinite(one).mean() > 0.9 and len(np.unique(one[:SCREENED])) > 2
    }
    if not 2 <= len(usable) <= MOST_COLUMNS or values.std() < FINE * rounded:
        return {}
    table = np.column_stack(list(usable.values()))
    known = np.isfinite(table).all(axis=1)
    if known.sum() < max(ENOUGH, PER_COLUMN * len(usable)):
        return {}
    names, table, wanted = list(usable), table[known], values[known]
    return (
        _sum(names, table, wanted, rounded)
        or _powers(names, table, wanted, rounded)
        or _shares(names, table, wanted, rounded)
        or {}
    )


def _fits(made: Numbers, wanted: Numbers, rounded: float) -> bool:
    return bool((np.abs(made - wanted) <= rounded + 1e-6 * np.abs(wanted)).mean() >= SURE)


def _sum(names: list[str], table: Numbers, wanted: Numbers, rounded: float) -> dict[str, str]:
    """The fewest columns whose weighted sum is the target."""
    spread = table.std(axis=0)
    centred = (table - table.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    weights, *_ = np.linalg.lstsq(centred, wanted - wanted.mean(), rcond=None)
    order = np.argsort(-np.abs(weights))
    for count in range(2, min(MOST_TERMS, len(names)) + 1):
        chosen = np.sort(order[:count])
        terms = np.column_stack([table[:, chosen], np.ones(len(wanted))])
        found, *_ = np.linalg.lstsq(terms, wanted, rcond=None)
        if _fits(terms @ found, wanted, rounded):
            made = " + ".join(f"{weight:.3g} × {names[place]}" for weight, place in zip(found, chosen, strict=False))
            return _why([names[place] for place in chosen], made)
    return {}


def _powers(names: list[str], table: Numbers, wanted: Numbers, rounded: float) -> dict[str, str]:
    """Columns whose powers, multiplied, are the target: a body mass index is weight × height^-2."""
    positive = (table > 0).all(axis=0)
    # The rounding of small values hides their powers.
    large = wanted >= np.median(wanted)
    if positive.sum() < 2 or (wanted[large] <= 0).any() or large.sum() < PER_COLUMN * positive.sum():
        return {}
    kept = np.flatnonzero(positive)
    logs = np.column_stack([np.log(table[:, kept]), np.ones(len(wanted))])
    powers, *_ = np.linalg.lstsq(logs[large], np.log(wanted[large]), rcond=None)
    halves = np.round(powers[:-1] * 2) / 2
    if not 2 <= np.count_nonzero(halves) <= MOST_FACTORS or np.abs(halves).max() > 3:
        return {}
    product = np.exp(logs[:, :-1] @ halves)
    exact = float(product @ wanted / (product @ product))
    factor = next((one for one in (float(f"{exact:.3g}"), exact) if _fits(one * product, wanted, rounded)), None)
    if factor is None:
        return {}
    used = [(names[place], power) for place, power in zip(kept, halves, strict=True) if power]
    made = " × ".join(name if power == 1 else f"{name}^{power:g}" for name, power in used)
    return _why([name for name, _ in used], made if factor == 1 else f"{factor:.4g} × {made}")


def _shares(names: list[str], table: Numbers, wanted: Numbers, rounded: float) -> dict[str, str]:
    """A share of two columns' sum, or two columns multiplied and less or more a share that a third one says."""
    if len(names) > MOST_PAIRED:
        return {}
    first = slice(0, SCREENED)
    for used, made, way in _candidates(names, table[first]):
        if _fits(made, wanted[first], rounded):
            whole = next(one for also, one, other in _candidates(names, table, used) if (also, other) == (used, way))
            if _fits(whole, wanted, rounded):
                return _why(list(used), way)
    return {}


def _candidates(
    names: list[str], table: Numbers, only: tuple[str, ...] | None = None
) -> Iterator[tuple[tuple[str, ...], Numbers, str]]:
    """The columns that are used, their values, and the formula in words."""
    by_name = {name: table[:, place] for place, name in enumerate(names) if only is None or name in only}
    for a, b in permutations(by_name, 2):
        total = by_name[a] + by_name[b]
        share = np.divide(by_name[a], total, out=np.zeros_like(total), where=total != 0)
        yield (a, b), share, f"{a} / ({a} + {b})"
        yield (a, b), 100 * share, f"100 × {a} / ({a} + {b})"
    if len(names) > MOST_DISCOUNTED:
        return
    for a, b in combinations(by_name, 2):
        for c in by_name.keys() - {a, b}:
            for part, written in ((by_name[c], c), (by_name[c] / 100, f"{c}/100")):
                for sign in (-1, 1):
                    made = by_name[a] * by_name[b] * (1 + sign * part)
                    yield (a, b, c), made, f"{a} × {b} × (1 {'+' if sign > 0 else '-'} {written})"


def _why(names: list[str], made: str) -> dict[str, str]:
    return dict.fromkeys(names, f"a formula leads to the target: {made}")
