"""The verb that asks what another version would have answered to audited requests."""

import re
from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from trainer.commands.job import Job, Parser, Verb
from trainer.loop.courier_check import check_courier
from trainer.workspace.files import json_bytes, write
from trainer.workspace.progress import watching

UNITS = {"h": "hours", "d": "days", "w": "weeks"}
SHOWN = 8
WIDTH = 80


def replay(job: Job) -> int:
    """A table on the terminal; JSON and a page in var/replay."""
    from trainer.registry.versions import MlflowVersions
    from trainer.replay.audit import pages
    from trainer.replay.page import page_of
    from trainer.replay.replaying import replay as replayed
    from trainer.scoring.model import chosen

    model = chosen(MlflowVersions(job.settings), job.contract.registered_model, job.options.version)
    check_courier(job.settings.courier_url, job.settings.mlflow_tracking_uri, model.name)
    since = datetime.now(UTC) - job.options.since
    with watching(job.console) as progress:
        progress.step(f"version {model.version} answers what was asked since {since:%Y-%m-%d %H:%M} UTC")
        report = replayed(pages(job.settings.courier_url, since), model)
    report["since"] = since.isoformat(timespec="seconds")
    place = job.layout.replays / f"version-{model.version}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    write(place.with_suffix(".json"), json_bytes(report))
    write(place.with_suffix(".html"), page_of(report).encode())
    show(job.console, report)
    job.say(f"{place.with_suffix('.html')}")
    job.say(f"{place.with_suffix('.json')}")
    return 0


def show(console: Console, report: dict[str, Any]) -> None:
    """The figures of a report, on 80 columns."""
    from trainer.replay.page import quality_lines

    table = Table(box=SIMPLE, pad_edge=False, width=WIDTH, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right", overflow="fold")
    table.title = escape(f"{report['model']} version {report['version']} on audited requests")
    table.add_row("audited rows", f"{report['audited']:,}")
    for served, rows in report["served_by"].items():
        table.add_row(f"  served by {served}", f"{rows:,}")
    for reason, rows in report["refused"].items():
        table.add_row(escape(f"  not answered again: {reason}"), f"{rows:,}")
    for name, rows in list(report["unasked"].items())[:SHOWN]:
        table.add_row(escape(f"  not asked for: column {name!r}"), f"{rows:,}")
    table.add_row("differing", f"{report['differing']:,} ({report['differing'] / report['rows']:.2%})")
    same = report["same_bundle"]
    if same["rows"]:
        proved = (
            f"{same['differing']:,} of {same['rows']:,} differ, largest difference {same['largest_difference']:.1e}"
        )
        table.add_row("  rows that this bundle served", proved)
    flips = [one for one in report["flips"] if one["old"] != one["new"]]
    for one in flips[:SHOWN]:
        table.add_row(escape(f"  {one['old']} → {one['new']}"), f"{one['rows']:,}")
    for column in report["segments"]:
        for one in report["columns"][column]:
            share = f"{one['differing']:,} of {one['rows']:,}"
            table.add_row(escape(f"  segment {column}: {one['bin']}"), share)
    for column, one in _worst(report["columns"]):
        share = f"{one['differing']:,} of {one['rows']:,}"
        table.add_row(escape(f"  where {column} is {one['bin']}"), share)
    for name, figure in quality_lines(report["quality"]):
        table.add_row(name, figure)
    console.print(table)


def _worst(columns: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The bins in which the largest share differs."""
    found = [(name, one) for name, bins in columns.items() for one in bins if one["differing"]]
    return sorted(found, key=lambda pair: pair[1]["differing"] / pair[1]["rows"], reverse=True)[:SHOWN]


def _period(text: str) -> timedelta:
    match = re.fullmatch(r"([1-9][0-9]{0,4})([hdw])", text)
    if match is None:
        raise ArgumentTypeError(f"{text[:20]!r} is not a period; write 12h, 7d or 4w")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def _options(parser: Parser) -> None:
    parser.add_argument("--version", help="of the registered model; without it production")
    parser.add_argument("--since", type=_period, default="7d", help="how far back: 12h, 7d, 4w; without it 7d")


VERBS: dict[str, Verb] = {
    "replay": Verb(replay, "answer audited requests again by another version", _options),
}
