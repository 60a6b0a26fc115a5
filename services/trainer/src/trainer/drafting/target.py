"""The target, a class or a value, as the lines of the contract."""

from typing import Any

import numpy as np
import pandas as pd

from trainer.contract.cells import TRUTHS
from trainer.contract.csv_format import Csv
from trainer.contract.outliers import WAY, outweighing
from trainer.contract.reading import tidy
from trainer.drafting.gaps import missing_in
from trainer.drafting.ids import date_like
from trainer.drafting.numbers_seen import NumbersSeen, numbers_seen
from trainer.drafting.order import listed
from trainer.drafting.proposal import spelling
from trainer.drafting.scan import Scan
from trainer.drafting.yaml_text import around, many, quoted

MOST_CLASSES = 20
"""A number with more different values than this is a value to predict and not a class."""
FEW_CLASSES = 5
"""A numeric target with more values is a regression where some are rare or have decimals."""
LOPSIDED = 0.9
"""Share of the rows of the larger of two classes, above which training looks for the rarer one: as in its threshold."""
MOST_LISTED = 100
"""More classes are probably names of rows."""
RARE, FEW = 5, 10
"""Rows of a class: with fewer than `RARE` it is left out, with fewer than `FEW` the draft says so."""


def target_of(name: str, cells: "pd.Series[Any]", seen: Scan, written: Csv) -> tuple[str, list[str], list[str]]:
    """The task, the lines of the target, and what is odd about it."""
    lines = [f"  name: {quoted(name)}", "  description: TODO"]
    numbers = numbers_seen(cells, written.decimal) if len(cells) else None
    texts = spelling(cells)
    if numbers is not None and not numbers.strays and _measures(numbers, texts, len(cells)):
        values = numbers.values.to_numpy()
        least, most = values.min(), values.max()
        low, high = around(least, most, whole=bool((values % 1 == 0).all()))
        lines += [f"  unit: {quoted(numbers.unit)} # TODO"]
        lines += [f"  format: {numbers.form}"] if numbers.form != "plain" else []
        lines += [f"  minimum: {low:.15g} # TODO: seen were {least:.10g} to {most:.10g}", f"  maximum: {high:.15g}"]
        few = len(texts) <= MOST_CLASSES
        odd = [f"{name} has {len(texts)} different numbers: taken for a value; for classes, write task: classification"]
        far = outweighing(np.asarray(values, dtype=np.float64))
        return (
            "regression",
            [*lines, "  outside: warn # refuse: a training row outside the range is an error"],
            [
                *(odd if few else []),
                *([f"{far} of {name} from its median: correct them where they are errors, or {WAY}"] if far else []),
            ],
        )
    every = seen.distinct[name]
    if every is not None and not seen.whole:
        extra = pd.Series(sorted(cell.strip() for cell in every), dtype=str)
        texts = spelling(pd.concat([cells, extra[~missing_in(extra, written, target=True)]]))
    classes, _ = listed(texts)
    if len(classes) < 2:
        problem = (
            f"{name} has one class alone ({', '.join(classes) or 'none'}): "
            "replace the TODO class by the other one, and add rows of it"
        )
        classes = [*classes, "TODO: another class"] if classes else ["TODO: one class", "TODO: another class"]
        return "classification", [*lines, f"  classes: {many(classes)}"], [problem]
    kept, rare, problems = _rare(name, classes, cells, whole=seen.whole)
    lines.append(f"  classes: {many(kept)}" if kept else "  classes: [] # its texts name rows: choose another target")
    if rare:
        lines.append(f"  leave_out: {many(rare)} # fewer than {RARE} rows each: too few to learn and to judge")
    return "classification", lines, problems


def strays_of(cells: "pd.Series[Any]", decimal: str) -> tuple[str, ...]:
    """Texts among the numbers of a value to predict that are none."""
    numbers = numbers_seen(cells, decimal) if len(cells) else None
    if numbers is None or not numbers.strays:
        return ()
    known = numbers._replace(values=numbers.values.dropna())
    rest = cells[known.values.index]
    return numbers.strays if _measures(known, spelling(rest), len(rest)) else ()


def _measures(numbers: NumbersSeen, texts: list[str], rows: int) -> bool:
    """Whether a column of numbers is a value to predict, and not a few classes that are called 1, 2, 3."""
    if len(texts) > MOST_CLASSES or len(texts) > max(rows / 2, 2):
        return True
    rarest = int(numbers.values.value_counts().min())
    return len(texts) > FEW_CLASSES and (rarest < FEW or bool((numbers.values % 1 != 0).any()))


def _rare(
    name: str, classes: list[str], cells: "pd.Series[Any]", *, whole: bool
) -> tuple[list[str], list[str], list[str]]:
    """The classes to learn, those to leave out, and what to say about them."""
    counts = cells.map(tidy).str.casefold().value_counts()
    rows = {one: int(counts.get(one.casefold(), 0)) for one in classes}
    rare = [one for one in classes if rows[one] < RARE] if whole else []
    kept = [one for one in classes if not (whole and rows[one] < RARE)]
    lost = sum(rows[one] for one in rare)
    if len(kept) < 2 and len(classes) <= FEW_CLASSES:
        shown = ", ".join(f"{rows[one]} of {one[:40]!r}" for one in rare)
        problem = f"{name} has {shown} in {len(cells)} rows: too few to learn from and to judge; add rows"
        return classes, [], [problem]
    if rare and (len(kept) < 2 or lost > len(cells) / 2):
        form = date_like(cells)
        what = "dates" if form else "texts"
        return (
            classes if len(classes) <= MOST_LISTED else [],
            [],
            [
                f"{name} has {len(classes)} different {what} in {len(cells)} rows, most of them in fewer than {RARE}: "
                f"they name rows, and can't be learnt as classes; choose another target"
            ],
        )
    problems = _alike(name, kept)
    if rare:
        problems.append(
            f"{_classes(rare, name)} fewer than {RARE} rows, e.g. {rare[0][:40]!r}: "
            f"left out and counted, {lost} {'row' if lost == 1 else 'rows'} (target.leave_out)"
        )
    if uneven := _lopsided({one: rows[one] for one in kept}):
        problems.append(uneven)
    if len(kept) > MOST_LISTED:
        problems.append(f"{name} has {len(kept)} classes; is it a value to predict, or an id?")
    if few := [one for one in kept if rows[one] < FEW]:
        problems.append(
            f"{_classes(few)} fewer than {FEW} rows, e.g. {few[0][:40]!r}: little to learn from, and to judge by"
        )
    return kept, rare, problems


def _classes(names: list[str], target: str = "") -> str:
    """The subject and verb of a sentence on some of the classes."""
    of = f" of {target}" if target else ""
    return f"a class{of} has" if len(names) == 1 else f"{len(names)} classes{of} have"


def _lopsided(rows: dict[str, int]) -> str | None:
    """The sentence on two classes of which one is rare: how training treats it, and the keys that change that."""
    rarer = min(rows, key=lambda one: rows[one])
    share = rows[rarer] / max(sum(rows.values()), 1)
    if len(rows) != 2 or 1 - share <= LOPSIDED:
        return None
    return (
        f"{share:.1%} of the rows are {rarer[:40]!r}: candidates are compared by average precision, and "
        f"cross-validation chooses the probability from which {rarer[:40]!r} is answered (scoring and threshold in "
        "params.yaml)"
    )


def _alike(name: str, classes: list[str]) -> list[str]:
    """Where several spellings of yes and no are classes of their own."""
    meant = [TRUTHS.get(one.casefold()) for one in classes]
    if None in meant or len(classes) < 3:
        return []
    return [
        f"{name} has {len(classes)} spellings of yes and no ({', '.join(classes)}), and each is a class of its own: "
        "write them in one way in the file"
    ]
