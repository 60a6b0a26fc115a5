"""The target, a class or a value, as the lines of the contract."""

from typing import Any

import pandas as pd

from trainer.contract.contract import Csv
from trainer.contract.gaps import missing_in
from trainer.contract.numbers_seen import numbers_seen
from trainer.contract.order import listed
from trainer.contract.proposal import spelling
from trainer.contract.scan import Scan
from trainer.contract.yaml_text import around, many, quoted

MOST_CLASSES = 20
"""A number with more different values than this is a value to predict and not a class."""


def target_of(name: str, cells: "pd.Series[Any]", seen: Scan, written: Csv) -> tuple[str, list[str], list[str]]:
    """The task, the lines of the target, and what is odd about it."""
    lines = [f"  name: {quoted(name)}", "  description: TODO"]
    numbers = numbers_seen(cells, written.decimal) if len(cells) else None
    texts = spelling(cells)
    many_values = len(texts) > MOST_CLASSES or len(texts) > max(len(cells) / 2, 2)
    if numbers is not None and many_values and not numbers.strays:
        values = numbers.values.to_numpy()
        least, most = values.min(), values.max()
        low, high = around(least, most, whole=bool((values % 1 == 0).all()))
        lines += [f"  unit: {quoted('%') if numbers.form == 'percent' else chr(34) * 2} # TODO"]
        lines += [f"  format: {numbers.form}"] if numbers.form != "plain" else []
        lines += [f"  minimum: {low:.15g} # TODO: seen were {least:.10g} to {most:.10g}", f"  maximum: {high:.15g}"]
        return "regression", [*lines, "  outside: warn # refuse: a training row outside the range is an error"], []
    problems = []
    every = seen.distinct[name]
    if every is not None and not seen.whole:
        extra = pd.Series(sorted(cell.strip() for cell in every), dtype=str)
        texts = spelling(pd.concat([cells, extra[~missing_in(extra, written, target=True)]]))
    classes, _ = listed(texts)
    if len(classes) < 2:
        problems.append(
            f"{name} has one class alone ({', '.join(classes) or 'none'}): "
            "replace the TODO class by the other one, and add rows of it"
        )
        classes = [*classes, "TODO: another class"] if classes else ["TODO: one class", "TODO: another class"]
    elif len(classes) > 100:
        problems.append(f"{name} has {len(classes)} classes; is it a value to predict, or an id?")
    counts = cells.str.casefold().value_counts()
    if rare := [one for one in classes if int(counts.get(one.casefold(), 0)) < 10 and "TODO" not in one]:
        problems.append(
            f"{len(rare)} classes have fewer than 10 rows, e.g. {rare[0][:40]!r}: too few to learn and to judge"
        )
    return "classification", [*lines, f"  classes: {many(classes)}"], problems
