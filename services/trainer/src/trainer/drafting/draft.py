"""Drafts a contract from a table: each column with its reason, and a TODO for facts that only a person knows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import yaml
from pydantic import ValidationError

from trainer.contract.contract import Contract
from trainer.contract.csv_format import Csv
from trainer.contract.reading import tidy
from trainer.contract.yaml_file import explain
from trainer.drafting.dialect import dialect
from trainer.drafting.gaps import decimal_of, marked, missing_in
from trainer.drafting.irregular import irregular
from trainer.drafting.leaks import leaks
from trainer.drafting.page import page_of
from trainer.drafting.proposal import Proposal
from trainer.drafting.proposing import propose
from trainer.drafting.scan import Scan, below, scan
from trainer.drafting.sentinels import sentinels
from trainer.drafting.target import strays_of, target_of
from trainer.drafting.timing import untimely
from trainer.drafting.yaml_text import quoted
from trainer.errors import DataError


@dataclass(frozen=True)
class Draft:
    """`page` is data/contract.yaml; `columns` what each is, `problems` what is odd in the file and what is proposed."""

    page: str
    task: str
    columns: tuple[Proposal, ...]
    problems: tuple[str, ...]
    rows: int
    whole: bool
    """Whether every row was looked at in detail."""

    @property
    def contract(self) -> Contract | None:
        """None where something has to be filled in first; `problems` says what."""
        try:
            return Contract.model_validate(yaml.safe_load(self.page))
        except ValidationError:
            return None


def draft(content: bytes, source: str, target: str, query: str | None = None) -> Draft:
    """`content` is CSV; `query` is what a database was asked.

    Raises DataError for a file without rows, or without the column `target`.
    """
    written = dialect(content, source)
    seen, written = _scanned(content, source, written, target)
    name = target if target in seen.text.columns else tidy(target)
    problems, changes, units = irregular(seen, written)
    written = marked(written.model_copy(update=changes | decimal_of(seen.text, written)), seen.text)
    everywhere, here = sentinels(seen.text, written, name)
    problems += [
        f"{mark} lies far from the other values of {', '.join(names)}: read as missing (csv.missing)"
        for mark, names in everywhere.items()
    ]
    problems += [
        f"{mark} lies far from the other values of {', '.join(names)}, and is a value of another column: write an "
        "empty cell where it means that a value is missing"
        for mark, names in here.items()
    ]
    written = written.model_copy(update={"missing": (*written.missing, *everywhere)})
    gone = missing_in(seen.text[name], written, target=True)
    if unread := strays_of(seen.text.loc[~gone, name], written.decimal):
        problems.append(f"{name} is a number, but {', '.join(unread)} is none: read as missing (csv.missing)")
        written = written.model_copy(update={"missing": (*written.missing, *unread)})
        gone = missing_in(seen.text[name], written, target=True)
    if gone.any():
        problems.append(f"{int(gone.sum())} of {len(gone)} rows have no {name}: they are left out, and counted")
    text = seen.text[~gone]
    if text.empty:
        text = seen.text
        problems.append(f"no row has a {name}: there is nothing to learn yet")
    columns = [
        propose(one, text[one], missing_in(text[one], written), written.decimal)
        for one in seen.text.columns
        if one != name
    ]
    _give_units(columns, units)
    strays = sorted({stray for one in columns if one.numbers for stray in one.numbers.strays})
    _learn_around(columns, strays)
    task, about, more = target_of(name, seen.text.loc[~gone, name], seen, written)
    problems += more
    if not gone.all():
        problems += _leave_out_leaks(columns, text[name])
    if task == "classification" and (when := untimely(columns, text[name])):
        problems.append(
            f"{when} is a time, and the rows before the newest ones lack a class of {name}: rows are held out by "
            "chance, not by time"
        )
    written = written.model_copy(
        update={"missing": (*written.missing, *(s for s in strays if s.lower() not in written.missing))}
    )
    page = page_of((source, query), written, seen, columns, problems, task, about, text)
    made = Draft(page, task, tuple(columns), tuple(problems), seen.rows, seen.whole)
    if made.contract is None:
        wrong = _faults(page)
        return Draft(
            page_of((source, query), written, seen, columns, [*problems, *wrong], task, about, text),
            task,
            made.columns,
            (*problems, *wrong),
            seen.rows,
            seen.whole,
        )
    return made


def _scanned(content: bytes, source: str, written: Csv, target: str) -> tuple[Scan, Csv]:
    """Raises DataError for a file without rows, or without the column `target`."""
    try:
        seen = scan(content, source, written)
    except DataError:
        written = written.model_copy(update={"quotes": "none"})
        seen = scan(content, source, written)
    name = target if target in seen.text.columns else tidy(target)
    if name not in seen.text.columns and (lines := below(content, source, written, name)):
        written = written.model_copy(update={"skip": lines})
        seen = scan(content, source, written)
    if name not in seen.text.columns:
        without = "has no header line, and" if written.header == "none" else "has"
        shown = ", ".join(
            f"{one} (e.g. {cells.iloc[0][:20]})" if written.header == "none" else repr(one)
            for one, cells in seen.text.items()
        )
        raise DataError(f"{source} {without} no column {target!r}; it has {shown}")
    return seen, written


def _faults(page: str) -> list[str]:
    try:
        Contract.model_validate(yaml.safe_load(page))
    except ValidationError as error:
        return [f"to be filled in: {line.strip()}" for line in explain(error, Contract).splitlines()]
    return []


def _give_units(columns: list[Proposal], units: dict[str, str]) -> None:
    for one in columns:
        unit = f"    unit: {quoted(units.get(one.name, ''))} # TODO"
        one.lines = tuple(line.replace('    unit: "" # TODO', unit) for line in one.lines)


def _learn_around(columns: list[Proposal], strays: list[str]) -> None:
    """Where any text is a value, one that means "missing" to the file is a gap, and the column has to allow it."""
    gaps = {stray.casefold() for stray in strays}
    for one in columns:
        if "    levels: learned" not in one.lines or one.present is None:
            continue
        empty = int(one.present.str.casefold().isin(gaps).sum())
        if empty and not any(line.startswith("    nullable") for line in one.lines):
            one.lines = (*one.lines[:-1], f"    nullable: true # {empty} mean missing to csv.missing", one.lines[-1])


def _leave_out_leaks(columns: list[Proposal], target: "pd.Series[Any]") -> list[str]:
    """Columns that hold the answer are proposed to be ignored, with the reason; all are kept where no other is left.

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
    plain = target.str.replace(r"[$€£,%]", "", regex=True)
    found = leaks(texts, numbers, plain, gaps)
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
