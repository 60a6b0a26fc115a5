"""The proposal for a column of a file: its kind, or the reason to leave it out; and its lines in the contract."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trainer.contract import ids
from trainer.contract.cells import EXACT, TRUTHS
from trainer.contract.columns import MISSING, OTHER, Category
from trainer.contract.date_lines import date_lines
from trainer.contract.number_text import DECIMAL_COMMA
from trainer.contract.numbers_seen import NumbersSeen, numbers_seen
from trainer.contract.order import listed
from trainer.contract.reading import tidy
from trainer.contract.yaml_text import around, many, quoted

MOST_CATEGORIES = 50
FEW_NUMBERS = 12
"""Whole numbers with no more different values may be codes."""
FEW_MARKED = 10
"""The fewest rows with a mark, and without one, for which a column that has one text alone is kept."""
LEARNED = "levels" in Category.model_fields


@dataclass
class Proposal:
    """One column; `lines` describe a feature, `role` names another use, and a column with neither is left out."""

    name: str
    kept: str
    """The proposal in a word or two: number, category, id, left out."""
    why: str = ""
    lines: tuple[str, ...] = ()
    role: str = ""
    numbers: NumbersSeen | None = None
    present: "pd.Series[Any] | None" = None


def propose(name: str, cells: "pd.Series[Any]", missing: "pd.Series[bool]", decimal: str) -> Proposal:
    """`cells` are texts, `missing` which of them say nothing."""
    present = cells[~missing]
    if present.empty:
        return Proposal(name, "left out", "empty: no row has a value")
    texts = present.unique()
    found = _mark(name, texts[0], len(present), int(missing.sum())) if len(texts) == 1 else None
    if len(texts) == 1 and found is None:
        gaps = f" where it has a value ({missing.sum()} rows have none)" if missing.any() else ""
        return Proposal(name, "left out", f"always {texts[0][:40]!r}{gaps}")
    found = found or (
        _date(name, present)
        or _number(name, present, decimal, gaps=bool(missing.any()))
        or _boolean(name, texts)
        or _words(name, present)
    )
    if found.lines:
        empty = int(missing.sum()) + (int(found.numbers.values.isna().sum()) if found.numbers else 0)
        nullable = (f"    nullable: true # {empty} of {len(cells)} are missing",) if empty else ()
        found.lines = (f"  - name: {quoted(name)}", *found.lines, *nullable, "    description: TODO")
        if empty:
            found.why = "; ".join(part for part in (found.why, f"{empty} missing") if part)
    found.present = present
    return found


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
    if form is None:
        return None
    if form == "a time of day":
        return Proposal(
            name, "left out", "a time of day or a duration; write it as minutes, a number, to learn from it"
        )
    why = f"written {form}"
    kind, lines = date_lines(present)
    role = "" if ids.BORN.search(name) else "time"
    if not lines and not role:
        return Proposal(name, "left out", f"a date, {why}; write it as 2026-11-28 to learn from it")
    return Proposal(name, kind or "time", why if not role else f"{why}; also the time of the row", lines, role=role)


def _number(name: str, present: "pd.Series[Any]", decimal: str, *, gaps: bool) -> Proposal | None:
    seen = numbers_seen(present, decimal)
    if seen is None:
        return None
    known = seen.values.dropna()
    written, values = present[known.index], np.asarray(known, dtype=np.float64)
    if (values % 1 == 0).all() and seen.form == "plain":
        whole = gaps or bool(seen.strays)
        if found := _whole(name, written, values, each_row=not whole):
            return found
    if ids.WEIGHT.search(name) and not gaps and (values >= 0).all() and values.any():
        return Proposal(name, "weight", "by its name", role="weight")
    found = _measured(name, seen, written, decimal)
    if not gaps and not seen.strays and ids.dated(name, values):
        found.role, found.why = "time", "; ".join(part for part in (found.why, "also the time of the row") if part)
    return found


def _whole(name: str, written: "pd.Series[Any]", values: ids.Numbers, *, each_row: bool) -> Proposal | None:
    """Whole numbers that measure nothing: times, ids, groups, codes."""
    if written.str.match(r"^0\d").any():
        return _words(name, written, "a code: some begin with 0")
    if unit := ids.epoch(name, values):
        return Proposal(name, "time", f"{unit} since 1970", role="time")
    dated = each_row and ids.dated(name, values)
    if each_row and not dated and (why := ids.numbering(name, values)):
        return Proposal(name, "id", why, role="id")
    if (np.abs(values) > EXACT).any():
        return Proposal(name, "id", "whole numbers beyond 2^53, which no model can tell apart", role="id")
    if ids.CODE.search(name):
        return _words(name, written, "whole numbers that are codes, by its name")
    return None if dated else _named(name, len(np.unique(values)))


def _measured(name: str, seen: NumbersSeen, written: "pd.Series[Any]", decimal: str) -> Proposal:
    values = seen.values.dropna().to_numpy()
    pointed = "," if seen.form.endswith(DECIMAL_COMMA) else decimal
    whole = bool((values % 1 == 0).all())
    # 3.0 is how a table with gaps writes 3.
    exact = whole and not written.str.contains(rf"[{pointed}]0*[1-9]", regex=True).any()
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
    unit = quoted("%" if seen.form.startswith("percent") else seen.unit)
    todo = "as the file has it beside the numbers" if seen.unit else "TODO"
    lines = [f"    dtype: {'int64' if exact else 'float64'}{hint}", f"    unit: {unit} # {todo}"]
    if seen.form != "plain":
        lines.append(f"    format: {seen.form} # as in {written.iloc[0]}")
        why.append(f"written like {written.iloc[0]}")
    lines += [f"    minimum: {low:.15g} # TODO: seen were {least:.10g} to {most:.10g}", f"    maximum: {high:.15g}"]
    lines.append("    outside: warn # refuse: a training row outside the range is an error")
    if seen.strays:
        why.append(f"read as missing: {', '.join(seen.strays[:5])}")
    return Proposal(name, "number", "; ".join(why), tuple(lines), numbers=seen)


def _boolean(name: str, texts: Iterable[str]) -> Proposal | None:
    folded = {text.lower() for text in texts}
    if folded <= TRUTHS.keys() and {TRUTHS[text] for text in folded} == {True, False}:
        return Proposal(name, "boolean", " or ".join(sorted(folded)[:4]), ("    kind: boolean",))
    return None


def _words(name: str, present: "pd.Series[Any]", why: str = "") -> Proposal:
    spelled = spelling(present)
    different = len(spelled)
    if different > max(len(present) // 2, 2) and different >= 0.9 * len(present):
        like_id = ids.NAMED.search(name) or not present.str.contains(" ", regex=False).any()
        what = (
            "as many different texts as rows"
            if different == len(present)
            else f"{different} texts in {len(present)} rows"
        )
        return Proposal(name, "id" if like_id else "left out", what, role="id" if like_id else "")
    if named := _named(name, different):
        return named
    reasons = [why] if why else []
    if folded := present.nunique() - different:
        reasons.append(f"{folded} spellings that differ in case alone are read as one")
    if different > MOST_CATEGORIES or different > max(len(present) // 2, 2):
        if LEARNED:
            return Proposal(
                name,
                "category",
                "; ".join([*reasons, f"{different} texts, learned from the rows"]),
                ("    kind: category", "    levels: learned"),
            )
        return Proposal(
            name,
            "left out",
            "; ".join([*reasons, f"{different} different texts; a category has at most {MOST_CATEGORIES}"]),
        )
    names, ranked = listed(spelled)
    if clash := {MISSING, OTHER} & set(names):
        reasons.append(f"{', '.join(sorted(clash))} is a category")
    lines = ["    kind: category", f"    categories: {many(names)}{' # from low to high' if ranked else ''}"]
    lines.append("    unknown: refuse # or other: what is none of these is answered all the same")
    if ranked and "ordered" in Category.model_fields:
        lines.insert(2, "    ordered: true")
        reasons.append("in order")
    if words := [text for text in names if text.lower() in {"none", "na"}]:
        lines[1] += f" # TODO: is {words[0]} a word? if it means missing, take it out and add nullable: true"
        reasons.append(f"{words[0]!r} is kept as a word")
    return Proposal(name, "category", "; ".join(reasons or [f"{len(names)} categories"]), tuple(lines))


def _named(name: str, different: int) -> Proposal | None:
    """The note on a name that ends in id, of a column whose values repeat."""
    if different <= 2 or not (ids.KEY.search(name) or ids.MEMBER.fullmatch(name)):
        return None
    if ids.PERSON.search(name) or ids.MEMBER.fullmatch(name):
        return Proposal(name, "group", f"names the {different} groups that rows belong to", role="group")
    return Proposal(name, "id", f"{different} ids, by its name", role="id") if different > MOST_CATEGORIES else None


def spelling(present: "pd.Series[Any]") -> list[str]:
    """Each text once, in the spelling most rows have where spellings differ in case alone."""
    counts: dict[str, Counter[str]] = {}
    for text, rows in present.value_counts(sort=False).items():
        name = tidy(str(text))
        counts.setdefault(name.casefold(), Counter())[name] += int(rows)
    return [max(sorted(one), key=lambda name: one[name]) for one in counts.values()]
