"""The bars and figures for the terminal, and as the page docs/benchmarks.md."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.table import Table

from bench.ask import Workload
from bench.bar import Bar
from bench.peers.all import MODELS, peers
from bench.results import Key, Results, cpu

WORDS = {True: "yes", False: "NO", None: ""}
COLOURS = {True: "green", False: "red", None: "dim"}
WORKLOADS: dict[Workload, str] = {
    "one": "one row",
    "thousand": "1,000 rows",
    "objects": "1,000 rows as JSON objects",
}
HEADER = ("server", "requests/s", "rows/s", "CPU per request", "p50", "p99")

PAGE = Path(__file__).parent / "page.md"


def bar_table(bars: Sequence[Bar]) -> Table:
    """The bars for a terminal."""
    table = Table(title="the bars", title_justify="left")
    for name in ("what", "bar", "measured", "held", "note"):
        table.add_column(name, overflow="fold")
    for bar in bars:
        held = f"[{COLOURS[bar.passed]}]{WORDS[bar.passed]}[/]"
        table.add_row(bar.what, bar.bar, bar.figure, held, f"[dim]{bar.note}[/]")
    return table


def figure_table(results: Results) -> Table:
    """Every comparison for a terminal."""
    table = Table(title="every figure", title_justify="left")
    for name in ("model", "request", *HEADER):
        table.add_column(name)
    for model, workload, cells in rows(results):
        table.add_row(MODELS[model], WORKLOADS[workload], *cells)
    return table


def rows(results: Results) -> list[tuple[str, Workload, list[str]]]:
    """Model, workload and the cells of HEADER, for everything that was measured or says why not."""
    found = []
    for model in MODELS:
        for workload in WORKLOADS:
            for peer in peers():
                key = Key(model, workload, peer.name)
                if key in results.samples:
                    found.append((model, workload, [peer.title, *cells(results, key)]))
                elif key in results.missing:
                    found.append((model, workload, [peer.title, results.missing[key], "", "", "", ""]))
    return found


def cells(results: Results, key: Key) -> list[str]:
    return [
        f"{results.median(key, lambda sample: sample.requests_per_second):,.0f}",
        f"{results.median(key, lambda sample: sample.rows_per_second):,.0f}",
        f"{results.median(key, cpu):,.0f} µs",
        f"{results.median(key, lambda sample: sample.p50_ms):.2f} ms",
        f"{results.median(key, lambda sample: sample.p99_ms):.2f} ms",
    ]


def page(
    bars: Sequence[Bar],
    results: Results,
    *,
    machine: Mapping[str, str],
    versions: Mapping[str, str],
    picture: str,
    rounds: int,
    seconds: int,
) -> str:
    """docs/benchmarks.md."""
    bar_rows = [(bar.what, bar.bar, bar.figure, WORDS[bar.passed], bar.note) for bar in bars]
    figures = []
    for model, title in MODELS.items():
        for workload, name in WORKLOADS.items():
            chosen = [cells for found, work, cells in rows(results) if (found, work) == (model, workload)]
            if chosen:
                figures += [f"**{title[0].upper()}{title[1:]}, {name}**", markdown(HEADER, chosen)]
    return PAGE.read_text(encoding="utf-8").format(
        rounds=rounds,
        seconds=seconds,
        picture=picture,
        bars=markdown(("what", "bar", "measured", "held", "note"), bar_rows),
        figures="\n\n".join(figures),
        machine=markdown(("", ""), machine.items()),
        versions=markdown(("server", "versions"), versions.items()),
    )


def markdown(header: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table."""
    text = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    text += [f"| {' | '.join(cells)} |" for cells in lines]
    return "\n".join(text)
