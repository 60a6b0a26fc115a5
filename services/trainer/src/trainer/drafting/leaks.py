"""Columns that hold the answer: one that says the target by itself, or numbers whose sum or product it is."""

from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from trainer.drafting.formulas import formula, rounding
from trainer.drafting.numbers_seen import numbers_seen

ENOUGH = 50
"""Fewer rows show nothing."""
SURE = 0.999
MOST_PIECES, FEWEST = 20, 10
"""Classes, and rows of each, that a number may separate."""
MOST_FACTORS, SCREENED = 60, 200
"""Columns whose pairs are tried, and rows that are looked at first."""
ROUNDED = 0.005
"""Money is rounded to cents, so a product may be off by half a cent, or by a millionth of itself."""
Numbers = npt.NDArray[np.float64]


class Answers(NamedTuple):
    """The target of each row as its text, and as a number where it is one (NaN elsewhere)."""

    texts: "pd.Series[str]"
    values: Numbers
    rounded: float
    """By how much the numbers may be off, as they are written."""

    @classmethod
    def of(cls, texts: "pd.Series[str]", decimal: str = ".") -> Self:
        """Read the numbers as the file writes them; `decimal` is the sign before their decimals."""
        seen = numbers_seen(texts, decimal)
        values = np.full(len(texts), np.nan) if seen is None else np.asarray(seen.values, dtype=np.float64)
        return cls(texts, values, rounding(texts, decimal))


def leaks(
    columns: dict[str, "pd.Series[str]"],
    numbers: dict[str, Numbers],
    answers: Answers,
    present: dict[str, "pd.Series[bool]"] | None = None,
) -> dict[str, str]:
    """Why, by column. `columns` are texts of categories, `numbers` NaN where missing; all rows have an answer.

    `present` says of columns with gaps which rows have a value.
    """
    target, values = answers.texts, answers.values
    if len(target) < ENOUGH:
        return {}
    found: dict[str, str] = {}
    if np.isfinite(values).all() and target.nunique() > 20:
        found = (
            _equal(numbers, values)
            or _adding_up(numbers, values)
            or _multiplied(numbers, values)
            or formula(numbers, values, answers.rounded)
        )
    elif target.nunique() > 1:
        found = _of_classes(columns, numbers, target)
        for name, there in (present or {}).items():
            if name not in found and _says(there.astype(str), target):
                found[name] = "it has a value in the rows of one class alone: is it known only after the answer?"
    return found


def _of_classes(
    columns: dict[str, "pd.Series[str]"], numbers: dict[str, Numbers], target: "pd.Series[str]"
) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, texts in columns.items():
        if _says(texts, target):
            found[name] = "each of its texts goes with one class alone: is it the answer under another name?"
    for name, one in numbers.items():
        if _separates(one, target):
            found[name] = "each class has a range of its values to itself: is it known only after the answer?"
        elif 2 <= len(np.unique(one[np.isfinite(one)])) <= 50 and _says(pd.Series(one).astype(str), target):
            found[name] = "each of its values goes with one class alone: is it the answer under another name?"
    return found


def _says(texts: "pd.Series[str]", target: "pd.Series[str]") -> bool:
    """Whether nearly every row's class follows from the text, and that is not so by chance or for one class."""
    # Counted sparsely: a table of all texts and classes has gigabytes where both are many.
    pairs = pd.DataFrame({"text": texts.to_numpy(), "class": target.to_numpy()})
    counts = pairs.value_counts(sort=False).reset_index(name="rows")
    rows, by_class = int(counts["rows"].sum()), counts.groupby("class")["rows"].sum()
    by_text = counts.sort_values(["rows", "class"], ascending=[False, True]).drop_duplicates("text")
    # At least ten rows for each text, and every class has a text that stands for it.
    spread = len(by_text) * 10 <= rows and by_text["class"].nunique() == len(by_class)
    right = int(by_text["rows"].sum()) / rows
    return bool(right >= SURE and right > by_class.max() / rows and spread)


def _separates(values: Numbers, target: "pd.Series[str]") -> bool:
    """Whether sorting the rows by the number sorts them by class, each class in one piece, with hardly an exception."""
    known = np.isfinite(values)
    classes, counts = np.unique(target.to_numpy(dtype=str)[known], return_counts=True)
    if known.mean() < 0.9 or not 2 <= len(classes) <= MOST_PIECES or counts.min() < FEWEST:
        return False
    order = np.argsort(values[known], kind="stable")
    ordered, labels = values[known][order], np.searchsorted(classes, target.to_numpy(dtype=str)[known][order])
    # Rows whose numbers are equal can't be sorted; they must be of one class.
    middles = [float(np.median(np.flatnonzero(labels == label))) for label in range(len(classes))]
    pieces, start, right = np.argsort(middles), 0, 0
    for label in pieces:
        end = start + int(counts[label])
        right += int((labels[start:end] == label).sum())
        if start > 0 and ordered[start - 1] == ordered[start]:
            return False
        start = end
    return right >= SURE * len(labels)


def _equal(numbers: dict[str, Numbers], values: Numbers) -> dict[str, str]:
    """A column that is the target in another unit, or a function of it that only rises or falls, e.g. its logarithm."""
    found = {}
    for name, one in numbers.items():
        known = np.isfinite(one)
        if known.mean() < 0.5 or known.sum() < ENOUGH or one[known].std() == 0 or values[known].std() == 0:
            continue
        alike = abs(float(np.corrcoef(one[known], values[known])[0, 1]))
        ranks = pd.DataFrame({"one": one[known], "target": values[known]}).rank()
        if alike >= 0.9999:
            found[name] = f"a straight line leads from it to the target (correlation {alike:.5f})"
        elif abs(float(ranks["one"].corr(ranks["target"]))) >= 0.99999:
            found[name] = "it puts the rows in the order of the target: is it made from the target?"
    return found


def _adding_up(numbers: dict[str, Numbers], values: Numbers) -> dict[str, str]:
    """Columns whose sum or difference is the target."""
    usable = {name: one for name, one in numbers.items() if np.isfinite(one).mean() > 0.9 and np.nanstd(one) > 0}
    if len(usable) < 2 or len(usable) > 200:
        return {}
    table = np.column_stack(list(usable.values()))
    known = np.isfinite(table).all(axis=1)
    if known.sum() < max(ENOUGH, 2 * len(usable)):
        return {}
    # A column may be constant among the rows without gaps.
    names, table, wanted = np.array(list(usable)), table[known], values[known]
    varied = table.std(axis=0) > 0
    names, table = names[varied], table[:, varied]
    if len(names) < 2:
        return {}
    middle, spread = table.mean(axis=0), table.std(axis=0)
    factors, *_ = np.linalg.lstsq((table - middle) / spread, wanted - wanted.mean(), rcond=None)
    factors = factors / spread
    whole = np.where(np.abs(np.abs(factors) - 1) < 0.01, np.sign(factors), 0.0)
    if np.count_nonzero(whole) < 2:
        return {}
    rest = np.abs(table @ whole - wanted)
    if (rest <= 1e-6 * max(float(np.abs(wanted).max()), 1.0)).mean() < SURE:
        return {}
    adding = [str(name) for name, factor in zip(names, whole, strict=True) if factor]
    return dict.fromkeys(adding, f"{' and '.join(adding)} add up to the target")


def _multiplied(numbers: dict[str, Numbers], values: Numbers) -> dict[str, str]:
    """Two columns whose product or quotient is the target."""
    usable = {
        name: one
        for name, one in numbers.items()
        if np.isfinite(one).mean() > 0.9 and len(np.unique(one[np.isfinite(one)])) > 2
    }
    if not 2 <= len(usable) <= MOST_FACTORS:
        return {}
    first = np.flatnonzero(values != 0)[:SCREENED]
    for a, one in usable.items():
        for b, other in usable.items():
            ways = {"times": (one, other)} if a < b else {}
            if a != b:
                ways["divided by"] = (one, np.divide(1.0, other, out=np.full_like(other, np.nan), where=other != 0))
            for way, (left, right) in ways.items():
                if _is_product(left[first], right[first], values[first]) and _is_product(left, right, values):
                    return dict.fromkeys((a, b), f"{a} {way} {b} is the target")
    return {}


def _is_product(left: Numbers, right: Numbers, values: Numbers) -> bool:
    known = np.isfinite(left) & np.isfinite(right)
    if known.sum() < ENOUGH:
        return False
    rest = np.abs(left[known] * right[known] - values[known])
    # Half a cent is exact for amounts of money, and says nothing of values that are smaller than one.
    allowed = np.maximum(1e-6 * np.abs(values[known]), ROUNDED * 1.001 if np.median(np.abs(values[known])) > 10 else 0)
    return bool((rest <= allowed).mean() >= SURE)
