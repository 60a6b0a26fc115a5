"""The cost of one more feature and of one more class."""

from contextlib import ExitStack

import orjson

from bench.ask import BenchRequest
from bench.bar import Bar, not_measured
from bench.bench import Bench
from bench.bundles import names
from bench.results import Key, Results, cpu

SMALL, WIDE, MANY = "features_8_classes_3", "features_64_classes_3", "features_8_classes_30"


def growth(bench: Bench) -> list[Bar]:
    """CPU per one-row request at 8 and 64 features, and at 3 and 30 classes."""
    results = Results()
    widths = {SMALL: 8, WIDE: 64, MANY: 8}
    with ExitStack() as stack:
        servers = {name: stack.enter_context(bench.ours(name)) for name in widths}
        for _ in range(bench.plan.rounds):
            for name, server in servers.items():
                results.add(Key(name, "one", "ours"), server.load(ask(widths[name]), bench.plan.seconds))
    return [
        grown(results, "8 → 64 features: CPU per request", WIDE, 64 / 8, 64 - 8),
        grown(results, "3 → 30 classes: CPU per request", MANY, 30 / 3, 30 - 3),
    ]


def grown(results: Results, what: str, larger: str, times_larger: float, more: int) -> Bar:
    """Held when the cost grows at most as the size does."""
    small, large = Key(SMALL, "one", "ours"), Key(larger, "one", "ours")
    if reason := results.reason(small, large):
        return not_measured(what, f"≤ {times_larger:g}×", reason)
    before, after = results.median(small, cpu), results.median(large, cpu)
    times = results.ratio(large, small, cpu)
    note = f"{before:.0f} → {after:.0f} µs: {(after - before) / more:.2f} µs for each one more"
    return Bar(what, f"≤ {times_larger:g}×", f"{times:.2f}×", times <= times_larger, note)


def ask(features: int) -> BenchRequest:
    """One-row bodies with values all over the middle of the range."""
    columns = names("feature", features)
    bodies = [
        {name: round(-3 + 6 * ((7 * row + place) % 97) / 97, 3) for place, name in enumerate(columns)}
        for row in range(150)
    ]
    return BenchRequest("/predict", tuple(orjson.dumps(body) for body in bodies), 1)
