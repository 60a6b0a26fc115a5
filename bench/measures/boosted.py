"""The cost of a request to a boosted model, against one to a forest of as many trees on the same table."""

from contextlib import ExitStack

from bench.bar import Bar, not_measured
from bench.bench import Bench
from bench.bundles import BOOSTED, FOREST_OF_TWO, TREES
from bench.measures.growth import ask
from bench.results import Key, Results, cpu

FEATURES = 8
MOST = 1.1
"""Times the forest's CPU."""


def boosted(bench: Bench) -> list[Bar]:
    """CPU per one-row request over HTTP, everything on."""
    results = Results()
    with ExitStack() as stack:
        servers = {name: stack.enter_context(bench.ours(name)) for name in (FOREST_OF_TWO, *BOOSTED)}
        for _ in range(bench.plan.rounds):
            for name, server in servers.items():
                results.add(Key(name, "one", "ours"), server.load(ask(FEATURES), bench.plan.seconds))
    return [against_the_forest(results, name) for name in BOOSTED]


def against_the_forest(results: Results, name: str) -> Bar:
    what = f"{name.replace('_', ' ')} of {TREES} trees, one row: CPU per request against a forest's"
    model, forest = Key(name, "one", "ours"), Key(FOREST_OF_TWO, "one", "ours")
    if reason := results.reason(model, forest):
        return not_measured(what, f"≤ {MOST:g}×", reason)
    times = results.ratio(model, forest, cpu)
    note = f"{results.median(model, cpu):.0f} µs, the forest {results.median(forest, cpu):.0f} µs"
    return Bar(what, f"≤ {MOST:g}×", f"{times:.2f}×", times <= MOST, note)
