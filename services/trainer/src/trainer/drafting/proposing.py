"""A column of a file is looked at: which kind it has, or why it is left out, and its lines in the contract."""

from collections.abc import Iterable
from typing import Any

import numpy.typing as npt
import pandas as pd

from trainer.contract.cells import TRUTHS
from trainer.drafting import ids
from trainer.drafting.date_lines import date_lines
from trainer.drafting.number_proposal import of_numbers
from trainer.drafting.proposal import Proposal, of_texts
from trainer.drafting.yaml_text import many, quoted

HINTED = 0.7
HINTS = {
    r"[+-]?\d+\.\d+\s*[,;/ ]\s*[+-]?\d+\.\d+": "two numbers in a cell: write them as two columns to measure",
    r"(?:19|20)\d{2}-?[WwQq]\d{1,2}|[WwQq]\d{1,2}[ -/](?:19|20)?\d{2}": "weeks or quarters: write their first day to "
    "learn from them as dates",
}
FEW_MARKED = 10
"""The fewest rows with a mark, and without one, for which a column that has one text alone is kept."""


def propose(name: str, cells: "pd.Series[Any]", missing: "pd.Series[bool]", decimal: str) -> Proposal:
    """`cells` are texts, `missing` which of them say nothing."""
    present = cells[~missing]
    if present.empty:
        return Proposal(name, "left out", "empty: no row has a value")
    if _merged(cells, missing):
        why = (
            f"{len(present)} different texts, each at the top of a block of empty cells: merged in a spreadsheet? "
            "write it into each row of the block"
        )
        return Proposal(name, "left out", why)
    texts = present.unique()
    found = _mark(name, texts[0], len(present), int(missing.sum())) if len(texts) == 1 else None
    if len(texts) == 1 and found is None:
        gaps = f" where it has a value ({missing.sum()} rows have none)" if missing.any() else ""
        return Proposal(name, "left out", f"always {texts[0][:40]!r}{gaps}")
    found = found or (
        _date(name, present)
        or of_numbers(name, present, decimal, gaps=bool(missing.any()))
        or _boolean(name, texts)
        or _with_hint(of_texts(name, present), texts)
    )
    if found.lines:
        empty = int(missing.sum()) + (int(found.numbers.values.isna().sum()) if found.numbers else 0)
        nullable = (f"    nullable: true # {empty} of {len(cells)} are missing",) if empty else ()
        found.lines = (f"  - name: {quoted(name)}", *found.lines, *nullable, "    description: TODO")
        if empty:
            found.why = "; ".join(part for part in (found.why, f"{empty} missing") if part)
    found.present = present
    return found


def _merged(cells: "pd.Series[Any]", missing: "pd.Series[bool]") -> bool:
    """Whether cells look like the first ones of blocks, as merged cells of a spreadsheet become: few, each once."""
    present = cells[~missing]
    blocks = 3 <= len(present) <= len(cells) / 3 and not missing.iloc[0]
    if not blocks or not present.is_unique or ids.date_like(present):
        return False
    return bool(pd.to_numeric(present, errors="coerce").isna().all())


def _mark(name: str, text: str, present: int, missing: int) -> Proposal | None:
    """A column with one text, which marks some rows: a cross, or a yes without any no. None where too few differ."""
    if min(present, missing) < FEW_MARKED:
        return None
    if text.lower() in TRUTHS:
        return Proposal(name, "boolean", f"{text!r} or nothing", ("    kind: boolean",))
    if pd.notna(pd.to_numeric(text, errors="coerce")):
        return None
    return Proposal(
        name,
        "category",
        f"{text[:40]!r} or nothing",
        ("    kind: category", f"    categories: {many([text])}", "    unknown: refuse"),
    )


def _date(name: str, present: "pd.Series[Any]") -> Proposal | None:
    form = ids.date_like(present)
    if form is None or form == ids.CLOCK:  # the latter is a number of minutes
        return None
    why = f"written {form}"
    kind, lines = date_lines(present)
    role = "" if ids.BORN.search(name) else "time"
    if not lines and (not role or form not in ids.READ_AS_TIME):
        return Proposal(name, "left out", f"a date, {why}; write it in one way, 2026-11-28, to learn from it")
    return Proposal(name, kind or "time", why if not role else f"{why}; also the time of the row", lines, role=role)


def _with_hint(found: Proposal, texts: "npt.NDArray[Any]") -> Proposal:
    """The reason with a hint where most texts could be learnt from as numbers, dates or times."""
    words = pd.Series(texts, dtype=str)
    numeric = pd.to_numeric(words, errors="coerce").notna()
    hints = []
    if len(words) > FEW_MARKED and HINTED <= numeric.mean() < 1:
        hints.append(f"most are numbers, and {words[~numeric].iloc[0][:20]!r} is none: write numbers alone to measure")
    hints += [hint for pattern, hint in HINTS.items() if words.str.fullmatch(pattern).mean() >= HINTED]
    found.why = "; ".join([*([found.why] if found.why else []), *hints])
    return found


def _boolean(name: str, texts: Iterable[str]) -> Proposal | None:
    folded = {text.lower() for text in texts}
    if folded <= TRUTHS.keys() and {TRUTHS[text] for text in folded} == {True, False}:
        return Proposal(name, "boolean", " or ".join(sorted(folded)[:4]), ("    kind: boolean",))
    return None
