"""The classes of a model as the table writes them: 1, 1.0 and "1" are one class, and True is true."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from trainer.errors import AdoptionError

SHOWN = 10


def as_written(classes: Sequence[Any], texts: Sequence[str]) -> tuple[list[str], str | None]:
    """The model's classes in its order, spelt as in the table's target (`texts`), and what was assumed.

    Indices from 0 stand for the table's classes in the order that scikit-learn's LabelEncoder gives them. Raises
    AdoptionError where the two do not belong together.
    """
    there = sorted(set(texts))
    named = [_spelt(one, there) for one in classes]
    if strange := [text for text in there if text not in named]:
        indices = [one for one in classes if isinstance(one, int | float) and not isinstance(one, bool)]
        if len(indices) == len(there) and indices == list(range(len(there))):
            return (
                there,
                f"the model answers {indices[0]} to {indices[-1]}: taken for {', '.join(there)}, in this order",
            )
        raise AdoptionError(
            f"the table's target has {_listed(strange)}, and the model answers {_listed([str(one) for one in classes])}"
        )
    if absent := [one for one in named if one not in there]:
        raise AdoptionError(
            f"no row of the table is of class {_listed(absent)}: nothing can be proved for it; add rows"
        )
    return named, None


def holds(classes: Sequence[Any], cells: "pd.Series[Any]") -> bool:
    """Whether a column holds these classes and nothing else."""
    there = sorted({cell for cell in cells if cell})
    return bool(there) and sorted(_spelt(one, there) for one in classes) == there


def _spelt(one: Any, there: Sequence[str]) -> str:
    text = str(one)
    if text in there:
        return text
    if isinstance(one, bool):
        return next((word for word in there if word.casefold() == text.casefold()), str(int(one)))
    if isinstance(one, int | float):
        return next((word for word in there if _number(word) == float(one)), text)
    return next((word for word in there if word.strip() == text.strip()), text)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:SHOWN])) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
