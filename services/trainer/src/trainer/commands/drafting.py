"""The verb for a table of one's own: a contract to finish."""

from itertools import groupby
from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from trainer.commands.job import Job, Parser, Verb
from trainer.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trainer.drafting.draft import Draft
    from trainer.drafting.proposal import Proposal

WIDTH = 80
MOST_ALIKE = 30
"""Neighbours that are alike are listed one by one up to this number; of more, the first and the last."""


def contract(job: Job) -> int:
    """Draft data/<name>.contract.yaml; an existing file is left as it is."""

    from trainer.data.source import fetch_source
    from trainer.drafting.draft import draft
    from trainer.workspace.files import write
    from trainer.workspace.progress import watching

    source: str = job.options.csv
    with watching(job.console) as progress:
        progress.step(f"reading {source}")
        content = fetch_source(source, job.layout.root, job.options.query)
        progress.step("looking at each column")
        found = draft(content, source, job.options.target, job.options.query)
        page = job.layout.contract.with_name(f"{found.name}.contract.yaml")
        if page.exists():
            raise DataError(f"{page} already exists; edit it, or delete it and run this again")
        progress.step("reading each row by the draft")
        fits = _fits(content, found, source)
    write(page, found.page.encode())
    where = page.relative_to(job.layout.root)
    learnt = sum(bool(one.lines) for one in found.columns)
    job.say(f"{where}: {found.task}, {learnt} of {len(found.columns)} columns to learn from")
    job.say(f"  {fits}")
    _show(job, found)
    job.say(f"Look for TODO in it, then: cp {where} data/contract.yaml")
    return 0


def _fits(content: bytes, found: "Draft", source: str) -> str:
    """Whether the file keeps the contract that was drafted from it; a large one is checked by `make data` alone."""
    from trainer.data.table import parse_source

    if found.contract is None:
        return "something has to be filled in first"
    if not found.whole:
        return f"of {found.rows} rows a part was looked at; `make data` checks all"
    try:
        frame, left_out = parse_source(content, found.contract, source)
    except DataError as error:
        return f"some rows do not fit it: {error}"
    rest = "".join(f", {count} left out: {why}" for why, count in left_out.items())
    return f"all {len(frame)} rows of {source} fit it{rest}"


def _show(job: Job, found: "Draft") -> None:
    width = min(job.console.width, WIDTH)
    table = Table(box=SIMPLE, pad_edge=False, width=width)
    # where no column needs a reason, the names get its place
    explained = any(one.why for one in found.columns)
    table.add_column("column", max_width=26 if explained else width - 20, overflow="ellipsis", no_wrap=True)
    table.add_column("kept as", no_wrap=True)
    table.add_column("why", overflow="fold", ratio=1)
    for run in _runs(found.columns):
        for one in run[:1] if len(run) > MOST_ALIKE else run:
            table.add_row(escape(one.name), one.kept, escape(one.why), style="dim" if one.kept == "left out" else None)
        if len(run) > MOST_ALIKE:
            table.add_row(f"… and {len(run) - 1} more, to", run[-1].kept, "")
            table.add_row(escape(run[-1].name), run[-1].kept, "")
    job.console.print(table)
    for problem in found.problems:
        job.console.print(f"- {problem}", markup=False, highlight=False, width=min(job.console.width, WIDTH))


def _runs(columns: "Sequence[Proposal]") -> "Iterator[list[Proposal]]":
    """Neighbours that are kept alike and need no reason, together; every other column alone."""
    for (_, why), run in groupby(columns, key=lambda one: (one.kept, one.why)):
        alike = list(run)
        yield from [alike] if not why else ([one] for one in alike)


def _options(parser: Parser) -> None:
    parser.add_argument("csv", help="path of the file, relative to this folder; or any source a contract may name")
    parser.add_argument("target", help="the column to predict")
    parser.add_argument("--query", help="the SELECT that a database (sqlite:///…, postgresql://…) is asked")


VERBS = {"contract": Verb(contract, "a table → data/<name>.contract.yaml, a draft to finish", _options)}
