"""Drafts a contract from a table: each column with its reason, and a TODO for facts that only a person knows."""

from collections.abc import Iterable
from dataclasses import dataclass

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
from trainer.drafting.leaking_columns import leave_out_leaks
from trainer.drafting.page import name_of, page_of
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
    name: str
    """The contract's, for its file."""
    contract: Contract | None
    """None where something has to be filled in first; `problems` says what."""


def draft(content: bytes, source: str, target: str, query: str | None = None) -> Draft:
    """`content` is CSV; `query` is what a database was asked.

    Raises DataError for a file without rows, or without the column `target`.
    """
    seen, written = _scanned(content, source, dialect(content, source), target)
    name = target if target in seen.text.columns else tidy(target)
    problems, changes, units = irregular(seen, written)
    written = marked(written.model_copy(update=changes | decimal_of(seen.text, written)), seen.text)
    written, more = _without_sentinels(seen.text, written, name)
    problems += more
    written, answered, more = _answered(seen.text, written, name)
    problems += more
    text = seen.text[answered] if answered.any() else seen.text
    columns, strays = _proposed(text, written, name, units)
    task, about, more = target_of(name, seen.text.loc[answered, name], seen, written)
    problems += more
    if answered.any():
        problems += leave_out_leaks(columns, text[name], written.decimal)
    if task == "classification" and (when := untimely(columns, text[name])):
        problems.append(
            f"{when} is a time, and the rows before the newest ones lack a class of {name}: rows are held out by "
            "chance, not by time"
        )
    written = _with_missing(written, [stray for stray in strays if stray.lower() not in written.missing])

    def page() -> str:
        return page_of((source, query), written, seen, columns, problems, task, about, text)

    made = page()
    contract, faults = _checked(made)
    if faults:
        problems += faults
        made = page()
    return Draft(made, task, tuple(columns), tuple(problems), seen.rows, seen.whole, name_of(source), contract)


def _with_missing(written: Csv, more: Iterable[str]) -> Csv:
    """The same, with `more` texts that mean a missing value."""
    return written.model_copy(update={"missing": (*written.missing, *more)})


def _without_sentinels(text: pd.DataFrame, written: Csv, target: str) -> tuple[Csv, list[str]]:
    """The numbers that stand for a missing value are read as one; also says which, and in which columns."""
    everywhere, here = sentinels(text, written, target)
    problems = [
        f"{mark} lies far from the other values of {', '.join(names)}: read as missing (csv.missing)"
        for mark, names in everywhere.items()
    ]
    problems += [
        f"{mark} lies far from the other values of {', '.join(names)}, and is a value of another column: write an "
        "empty cell where it means that a value is missing"
        for mark, names in here.items()
    ]
    return _with_missing(written, everywhere), problems


def _answered(text: pd.DataFrame, written: Csv, target: str) -> tuple[Csv, "pd.Series[bool]", list[str]]:
    """For each row whether it has a value of the target. A text among its numbers is read as missing."""
    problems = []
    gone = missing_in(text[target], written, target=True)
    if unread := strays_of(text.loc[~gone, target], written.decimal):
        problems.append(f"{target} is a number, but {', '.join(unread)} is none: read as missing (csv.missing)")
        written = _with_missing(written, unread)
        gone = missing_in(text[target], written, target=True)
    if gone.any():
        problems.append(f"{int(gone.sum())} of {len(gone)} rows have no {target}: they are left out, and counted")
    if gone.all():
        problems.append(f"no row has a {target}: there is nothing to learn yet")
    return written, ~gone, problems


def _proposed(text: pd.DataFrame, written: Csv, target: str, units: dict[str, str]) -> tuple[list[Proposal], list[str]]:
    """A proposal for each column, and the texts that stand for a missing value among numbers."""
    columns = [
        propose(name, text[name], missing_in(text[name], written), written.decimal)
        for name in text.columns
        if name != target
    ]
    _give_units(columns, units)
    strays = sorted({stray for one in columns if one.numbers for stray in one.numbers.strays})
    _learn_around(columns, (*written.missing, *strays))
    return columns, strays


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


def _checked(page: str) -> tuple[Contract | None, list[str]]:
    """The page as a contract, or what has to be filled in first."""
    try:
        return Contract.model_validate(yaml.safe_load(page)), []
    except ValidationError as error:
        return None, [f"to be filled in: {line.strip()}" for line in explain(error, Contract).splitlines()]


def _give_units(columns: list[Proposal], units: dict[str, str]) -> None:
    for one in columns:
        unit = f"    unit: {quoted(units.get(one.name, ''))} # TODO"
        one.lines = tuple(line.replace('    unit: "" # TODO', unit) for line in one.lines)


def _learn_around(columns: list[Proposal], missing: Iterable[str]) -> None:
    """Where any text is a value, one that means "missing" to the file is a gap, and the column has to allow it."""
    gaps = {text.casefold() for text in missing}
    for one in columns:
        if "    levels: learned" not in one.lines or one.present is None:
            continue
        empty = int(one.present.str.casefold().isin(gaps).sum())
        if empty and not any(line.startswith("    nullable") for line in one.lines):
            one.lines = (*one.lines[:-1], f"    nullable: true # {empty} mean missing to csv.missing", one.lines[-1])
