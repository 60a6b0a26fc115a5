"""`python -m bench [--quick] [--only PART ...]`: every bar, measured. Exit status 1 where one is not held."""

import argparse
import fcntl
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from bench import report
from bench.bar import Bar, not_measured
from bench.bench import Bench
from bench.chart import draw
from bench.errors import BenchError
from bench.judge import judge
from bench.load import check_tools
from bench.machine import machine, one_line
from bench.measures.boosted import boosted
from bench.measures.certainty import certainty
from bench.measures.compare import compare
from bench.measures.courier import courier
from bench.measures.growth import growth
from bench.measures.memory import memory
from bench.measures.predict_beside_scoring import beside
from bench.measures.reasons import reasons
from bench.measures.replay import replay, replay_postgresql
from bench.measures.score import scored
from bench.measures.scrape import scrape
from bench.measures.start import start
from bench.peers.all import MODELS, peers
from bench.peers.peer import Peer
from bench.plan import FULL, QUICK
from bench.results import Results
from bench.venvs import versions
from scripts.run.errors import LifecycleError
from scripts.run.interrupts import Interrupts
from scripts.run.screen import Screen
from trainer.terminal import accept_any_text

ROOT = Path(__file__).parent.parent
WIDTH = 180
ALONE: dict[str, Callable[[Bench], list[Bar]]] = {
    "start": start,
    "growth": growth,
    "boosted": boosted,
    "memory": memory,
    "scrape": scrape,
    "courier": courier,
    "reasons": reasons,
    "certainty": certainty,
    "score": scored,
    "beside": beside,
    "replay": replay,
    "replay-postgresql": replay_postgresql,
}
PARTS = ("peers", *ALONE)


def main(arguments: list[str], console: Console) -> int:
    """0 when every bar is held, 1 when one is not, 2 when the benchmark could not be run, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything; the page goes to var/bench")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    names = [peer.name for peer in peers()]
    parser.add_argument("--peers", nargs="+", choices=names, default=names, metavar="PEER", help=", ".join(names))
    parser.add_argument("--prepare", action="store_true", help="make the peers' environments and models, and end")
    chosen = parser.parse_args(arguments)
    interrupts = Interrupts()
    interrupts.install()
    bench = Bench(ROOT / "var" / "bench", QUICK if chosen.quick else FULL, Screen(console), interrupts)
    try:
        check_tools()
        with alone(bench.home):
            if chosen.prepare:
                return prepare(bench, [peer for peer in peers() if peer.name in chosen.peers])
            whole = not chosen.quick and set(chosen.only) == set(PARTS) and set(chosen.peers) == set(names)
            bars = measure(bench, chosen.only, [peer for peer in peers() if peer.name in chosen.peers], publish=whole)
    except (BenchError, LifecycleError) as error:
        console.print(f"[red]{error}[/]", soft_wrap=True)
        return 2
    except KeyboardInterrupt:
        console.print("stopped; every server that was started has ended")
        return 130
    return 0 if all(bar.passed is not False for bar in bars) else 1


def prepare(bench: Bench, chosen: list[Peer]) -> int:
    """Make what the runs keep, so that a later run only measures: 1 where an environment or a model can't be made."""
    failed = 0
    for peer in chosen:
        with bench.screen.step(f"{peer.title}: its environment and models"):
            try:
                bench.python(peer)  # a peer that takes our bundle trains no model, and has an environment all the same
                for model in MODELS:
                    bench.model(peer, model)
            except BenchError as error:
                bench.screen.say(f"{peer.title} can't be prepared: {error}")
                failed = 1
    return failed


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Raises BenchError when a second benchmark would share the first one's files, and its cores."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BenchError("a benchmark is already running from this folder") from None
        yield


def measure(bench: Bench, parts: list[str], chosen: list[Peer], *, publish: bool) -> list[Bar]:
    """Measure, print the tables and write the page, which is about the peers: into docs/ only for a whole, full run.

    The page is written after each part, so that a run that is stopped leaves what it has measured.
    """
    about = machine()
    shutil.rmtree(bench.home / "runs", ignore_errors=True)
    results, bars, left = Results(), [], [part for part in parts if part in ALONE]
    folder = ROOT / "docs" if publish else bench.home
    if "peers" in parts:
        results = compare(bench, chosen)
        bars += judge(results)
    if results.samples:
        draw(results, folder / "images" / "benchmarks.svg")
        installed = {peer.title: one_line(versions(bench.python(peer), peer.packages)) for peer in chosen}
        write(bench, results, [*bars, *map(pending, left)], about, installed, folder)
    while left:
        part = left.pop(0)
        with bench.screen.step(f"measuring {part}"):
            bars += attempt(part, bench)
        if results.samples:
            write(bench, results, [*bars, *map(pending, left)], about, installed, folder)
    console = bench.screen.console
    if results.samples:
        console.print(report.figure_table(results))
        bench.screen.say(f"written: {(folder / 'benchmarks.md').relative_to(ROOT)}")
    console.print(report.bar_table(bars))
    return bars


def pending(part: str) -> Bar:
    return not_measured(part, "", "not measured: the run was stopped before")


def attempt(part: str, bench: Bench) -> list[Bar]:
    """A part that can't be measured is a bar that is not held; the others are measured all the same."""
    try:
        return ALONE[part](bench)
    except (BenchError, LifecycleError) as error:
        return [not_measured(part, "", str(error).splitlines()[0])]


def write(
    bench: Bench, results: Results, bars: list[Bar], about: dict[str, str], installed: dict[str, str], folder: Path
) -> None:
    text = report.page(
        bars,
        results,
        machine=about,
        versions=installed,
        picture="images/benchmarks.svg",
        rounds=bench.plan.rounds,
        seconds=bench.plan.seconds,
    )
    (folder / "benchmarks.md").write_text(text, encoding="utf-8")


def wide() -> Console:
    """The terminal, or lines long enough for the tables where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


if __name__ == "__main__":
    accept_any_text()
    sys.exit(main(sys.argv[1:], wide()))
