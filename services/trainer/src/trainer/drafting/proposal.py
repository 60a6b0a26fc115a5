"""The proposal for a column of a file; for one of texts here: category, id, group, or the reason to leave it out."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd

from trainer.contract.columns import MISSING, OTHER
from trainer.contract.reading import tidy
from trainer.drafting import ids
from trainer.drafting.numbers_seen import NumbersSeen
from trainer.drafting.order import listed
from trainer.drafting.yaml_text import many

MOST_CATEGORIES = 50


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


def of_texts(name: str, present: "pd.Series[Any]", why: str = "") -> Proposal:
    """A category, with learned levels where the texts are many; an id or a group by its name; or left out."""
    spelled = spelling(present)
    different = len(spelled)
    if different > max(len(present) // 2, 2) and different >= 0.9 * len(present):
        like_id = ids.NAMED.search(name) or ids.is_key(name) or not present.str.contains(" ", regex=False).any()
        what = (
            "as many different texts as rows"
            if different == len(present)
            else f"{different} texts in {len(present)} rows"
        )
        return Proposal(name, "id" if like_id else "left out", what, role="id" if like_id else "")
    if repeated := by_name(name, different):
        return repeated
    reasons = [why] if why else []
    if folded := present.nunique() - different:
        reasons.append(f"spellings that differ in case alone are read as one ({folded})")
    if different > MOST_CATEGORIES or different > max(len(present) // 2, 2):
        why = "; ".join([*reasons, f"{different} texts, learned from the rows"])
        return Proposal(name, "category", why, ("    kind: category", "    levels: learned"))
    names, ranked = listed(spelled)
    if clash := {MISSING, OTHER} & set(names):
        reasons.append(f"{', '.join(sorted(clash))} is a category")
    lines = ["    kind: category", f"    categories: {many(names)}{' # from low to high' if ranked else ''}"]
    lines.append("    unknown: refuse # or other: what is none of these is answered all the same")
    if ranked:
        lines.insert(2, "    ordered: true")
        reasons.append("in order")
    if words := [text for text in names if text.lower() in {"none", "na"}]:
        lines[1] += f" # TODO: is {words[0]} a word? if it means missing, take it out and add nullable: true"
        reasons.append(f"{words[0]!r} is kept as a word")
    return Proposal(name, "category", "; ".join(reasons or [f"{len(names)} categories"]), tuple(lines))


def by_name(name: str, different: int) -> Proposal | None:
    """A column whose values repeat and whose name ends in id: a group or an id. None for any other."""
    if different <= 2 or not ids.is_key(name):
        return None
    if ids.is_member(name):
        return Proposal(name, "group", f"names the {different} groups that rows belong to", role="group")
    return Proposal(name, "id", f"{different} ids, by its name", role="id") if different > MOST_CATEGORIES else None


def spelling(present: "pd.Series[Any]") -> list[str]:
    """Each text once, in the spelling most rows have where spellings differ in case alone."""
    counts: dict[str, Counter[str]] = {}
    for text, rows in present.value_counts(sort=False).items():
        name = tidy(str(text))
        counts.setdefault(name.casefold(), Counter())[name] += int(rows)
    return [max(sorted(one), key=lambda name: one[name]) for one in counts.values()]
