"""Drafts a contract from a table: each column with its reason, and a TODO for facts that only a person knows."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import yaml
from pydantic import ValidationError

from trainer.contract.contract import Contract
from trainer.contract.csv_format import Csv
from trainer.contract.dialect import dialect
from trainer.contract.gaps import decimal_of, marked, missing_in
from trainer.contract.leaks import leaks
from trainer.contract.page import page_of
from trainer.contract.proposal import Proposal
from trainer.contract.proposing import propose
from trainer.contract.reading import tidy
from trainer.contract.scan import Scan, scan
from trainer.contract.sentinels import sentinels
from trainer.contract.target import target_of
from trainer.contract.timing import untimely
from trainer.contract.yaml_file import explain
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
    try:
        seen = scan(content, source, written)
    except DataError:
        written = written.model_copy(update={"quotes": "none"})
        seen = scan(content, source, written)
    name = target if target in seen.text.columns else tidy(target)
    if name not in seen.text.columns:
        without = "has no header line, and" if written.header == "none" else "has"
        shown = ", ".join(
            f"{one} (e.g. {cells.iloc[0][:20]})" if written.header == "none" else repr(one)
            for one, cells in seen.text.items()
        )
        raise DataError(f"{source} {without} no column {target!r}; it has {shown}")
    problems, changes = _about_rows(seen, written)
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
    strays = sorted({stray for one in columns if one.numbers for stray in one.numbers.strays})
    _learn_around(columns, strays)
    task, about, more = target_of(name, seen.text.loc[~gone, name], seen, written)
    problems += more
    if not gone.all():
        _leave_out_leaks(columns, text[name])
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


def _faults(page: str) -> list[str]:
    try:
        Contract.model_validate(yaml.safe_load(page))
    except ValidationError as error:
        return [f"to be filled in: {line.strip()}" for line in explain(error, Contract).splitlines()]
    return []


def _about_rows(seen: Scan, written: Csv) -> tuple[list[str], dict[str, Any]]:
    """The irregularities of the rows, and the keys of `csv:` that deal with them."""
    problems: list[str] = []
    changes: dict[str, Any] = {}
    if seen.ragged_rows:
        line, row = seen.ragged[0]
        width = len(seen.text.columns)
        some = "a row has" if seen.ragged_rows == 1 else f"{seen.ragged_rows} rows have"
        problems.append(
            f"{some} more or fewer than {width} cells, first on line {line} ({len(row)} cells): "
            "left out (csv.ragged: skip)"
        )
        changes["ragged"] = "skip"
    if seen.totals:
        problems.append(f"a row of totals ({', '.join(seen.totals)}): left out (csv.leave_out)")
        changes["leave_out"] = tuple(seen.totals)
    if written.skip:
        lines = "a line" if written.skip == 1 else f"{written.skip} lines"
        problems.append(f"{lines} before the header: passed over (csv.skip)")
    if written.quotes == "none":
        problems.append("a quote that is not closed: quotes are read as signs like any other (csv.quotes: none)")
    if written.header == "none":
        names = list(seen.text.columns)
        problems.append(
            f"no header line: the columns are called {names[0]} to {names[-1]} (csv.header: none). For names of your "
            "own write them as the first line of the file, and draft again"
        )
    for name in seen.text.columns:
        if re.fullmatch(r"column_\d+", name):
            problems.append(f"a column without a name, called {name!r} here")
        first, _, count = name.rpartition(".")
        if count.isdecimal() and first in seen.text.columns and name not in seen.header:
            problems.append(f"two columns are called {first!r}; the second is called {name!r} here")
    return problems, changes


def _learn_around(columns: list[Proposal], strays: list[str]) -> None:
    """Where any text is a value, one that means "missing" to the file is a gap, and the column has to allow it."""
    gaps = {stray.casefold() for stray in strays}
    for one in columns:
        if "    levels: learned" not in one.lines or one.present is None:
            continue
        empty = int(one.present.str.casefold().isin(gaps).sum())
        if empty and not any(line.startswith("    nullable") for line in one.lines):
            one.lines = (*one.lines[:-1], f"    nullable: true # {empty} mean missing to csv.missing", one.lines[-1])


def _leave_out_leaks(columns: list[Proposal], target: "pd.Series[Any]") -> None:
    """Columns that hold the answer are proposed to be ignored, with the reason."""
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
    plain = target.str.replace(r"[$€£,%]", "", regex=True)
    for name, why in leaks(texts, numbers, plain).items():
        one = next(column for column in columns if column.name == name)
        one.kept, one.why, one.lines, one.numbers = "left out", f"holds the answer: {why}", (), None
