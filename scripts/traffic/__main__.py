"""`python -m scripts.traffic`: load on a running api, for some seconds. Behind `make traffic`."""

import argparse
import os
import statistics
import sys
from contextlib import ExitStack
from pathlib import Path
from random import Random

import httpx2
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from scripts.operate.targets import NoTargetError, api_target
from scripts.traffic import rows
from scripts.traffic.errors import TrafficError
from scripts.traffic.load import Outcome, Plan, run
from scripts.traffic.served import ask
from trainer.terminal import accept_any_text

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data" / "processed"
CONNECTIONS = 4
INTERRUPTED = 130


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.traffic", description=__doc__)
    parser.add_argument("--url", help="the api (default: the one of this checkout that runs)")
    parser.add_argument("--seconds", type=_positive, default=60.0, help="how long (default %(default)g)")
    parser.add_argument("--rate", type=_positive, default=20.0, help="requests a second (default %(default)g)")
    parser.add_argument("--drift", action="store_true", help="rows from a world that moved away from the training data")
    parser.add_argument("--bad", action="store_true", help="one request in twenty is wrong, and should be refused")
    parser.add_argument("--feedback", action="store_true", help="say the truth about every second answer")
    parser.add_argument("--seed", type=int, default=None, help="the same rows again")
    return parser.parse_args(argv)


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def main(argv: list[str]) -> int:
    options, console = arguments(argv), Console()
    plan = Plan(options.rate, options.seconds, bad=options.bad, feedback=options.feedback)
    try:
        options.url = options.url or api_target(os.environ, ROOT)
        outcome = _load(options, plan, console)
    except (TrafficError, NoTargetError) as error:
        console.print(f"[red]✗[/] {error}", highlight=False, soft_wrap=True)
        return 1
    console.print(_table(outcome, plan))
    return 0 if outcome.rows and not outcome.failures else 1


def _load(options: argparse.Namespace, plan: Plan, console: Console) -> Outcome:
    random = Random(options.seed)  # noqa: S311 - rows, no secrets
    with ExitStack() as stack:
        key = os.environ.get("API_KEY")
        headers = {"x-api-key": key} if key else {}
        clients = [
            stack.enter_context(httpx2.Client(base_url=options.url, timeout=10, headers=headers))
            for _ in range(CONNECTIONS)
        ]
        served = ask(clients[0])
        real = rows.from_data(served, DATA, random)
        draw = real or rows.from_bins(served, random)
        where = "of data/processed" if real else "drawn from the training's bins, each column by itself"
        console.print(
            f"version {served.version} at {options.url}; rows {where}{', drifted' if options.drift else ''}",
            highlight=False,
        )
        if options.drift:
            draw = rows.drifted(draw, served, random)
        columns = (
            BarColumn(),
            TextColumn("{task.fields[rows]} rows"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("", total=max(1, int(plan.rate * plan.seconds)), rows=0)
            return run(
                plan, served, draw, clients, random,
                lambda so_far: bar.update(task, completed=so_far.asked, rows=so_far.rows),
            )  # fmt: skip


def _table(outcome: Outcome, plan: Plan) -> Table:
    table = Table(show_header=False, box=None)
    table.add_row("asked", f"{outcome.asked} requests, {outcome.asked / plan.seconds:.1f} a second")
    table.add_row(
        "answered",
        f"{outcome.rows} rows" + "".join(f", {count} {label}" for label, count in outcome.labels.most_common()),
    )
    if len(outcome.seconds) > 1:
        cuts = statistics.quantiles(outcome.seconds, n=100, method="inclusive")
        table.add_row("latency", f"p50 {cuts[49] * 1000:.2f} ms, p99 {cuts[98] * 1000:.2f} ms")
    if plan.bad:
        table.add_row("refused", f"{outcome.refused} bad requests, as they should be")
    if plan.feedback:
        table.add_row("feedback", f"{outcome.feedback} truths sent")
    for what, count in outcome.failures.items():
        table.add_row("[red]failed[/]", f"{count} × {what}")
    return table


if __name__ == "__main__":
    accept_any_text()
    try:
        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)
