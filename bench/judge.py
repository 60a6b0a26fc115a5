"""The bars that compare ours with the peers."""

from bench.ask import Workload
from bench.bar import Bar, not_measured
from bench.peers.all import MODELS
from bench.results import Key, Results, cpu, throughput

TIMES_EMPTY = 1.5
TIMES_MLSERVER = {"logistic_regression": 8.0, "random_forest": 80.0}
TIMES_MLFLOW = {"logistic_regression": 25.0, "random_forest": 100.0}
TIMES_MLSERVER_LARGE = {"logistic_regression": 1.0, "random_forest": 4.0}
TIMES_OTHERS = {"fastapi-onnx": 4.0, "mosec": 1.0, "litserve": 4.0, "kserve": 8.0, "ray": 8.0}
TIMES_ONE_PROCESS_LARGE = 1.5
OBJECT_ROWS_PER_SECOND = 120_000
TAIL = 4.0
BUSY = 0.9
"""The share of its core from which on wrk and not the server limits the throughput."""


def judge(results: Results) -> list[Bar]:
    """Every bar of the comparison, held or not; a route that is not there is a bar that is not held."""
    bars = []
    for model in MODELS:
        bars += [against_empty(results, model), audit_off(results, model)]
        bars.append(faster(results, model, "one", "mlserver", TIMES_MLSERVER[model]))
        bars.append(faster(results, model, "one", "mlflow", TIMES_MLFLOW[model]))
        bars.append(faster(results, model, "thousand", "mlserver", TIMES_MLSERVER_LARGE[model]))
        if model == "logistic_regression":
            bars.append(faster(results, model, "thousand", "mlserver-in-process", TIMES_ONE_PROCESS_LARGE))
        bars += [faster(results, model, "one", peer, times) for peer, times in TIMES_OTHERS.items()]
        bars.append(batch_objects(results, model))
        bars.append(tail(results, model))
    return bars


def against_empty(results: Results, model: str) -> Bar:
    what, bar = f"one row, {MODELS[model]}: CPU per request against an empty ASGI app", f"≤ {TIMES_EMPTY:g}×"
    ours, empty = Key(model, "one", "ours"), Key(model, "one", "empty")
    if reason := results.reason(ours, empty):
        return not_measured(what, bar, reason)
    times = results.ratio(ours, empty, cpu)
    note = f"{results.median(ours, cpu):.0f} µs, the empty app {results.median(empty, cpu):.0f} µs"
    return Bar(what, bar, f"{times:.2f}×", times <= TIMES_EMPTY, note)


def audit_off(results: Results, model: str) -> Bar:
    """The cost of the audit: shown, with nothing to hold."""
    what = f"one row, {MODELS[model]}: CPU per request against ours with the audit off"
    ours, off = Key(model, "one", "ours"), Key(model, "one", "ours-unaudited")
    if reason := results.reason(ours, off):
        return not_measured(what, "", reason)
    note = f"{results.median(ours, cpu):.0f} µs, with the audit off {results.median(off, cpu):.0f} µs"
    return Bar(what, "", f"{results.ratio(ours, off, cpu):.2f}×", None, note)


def faster(results: Results, model: str, workload: Workload, peer: str, limit: float) -> Bar:
    rows = "one row" if workload == "one" else "1,000 rows as one v2 tensor"
    what, bar = f"{rows}, {MODELS[model]}: throughput against {peer}", f"≥ {limit:g}×"
    ours, theirs = Key(model, workload, "ours"), Key(model, workload, peer)
    if reason := results.reason(ours, theirs):
        return not_measured(what, bar, reason)
    times = results.ratio(ours, theirs, throughput)
    note = f"{1 / results.ratio(ours, theirs, cpu):.1f}× by CPU per request"
    busy = results.median(ours, lambda sample: sample.client_share)
    if busy > BUSY:
        note += f"; wrk used {busy:.0%} of its core and limits the throughput"
    tuned = Key(model, workload, f"{peer}-in-process")
    if results.reason(tuned) is None:
        note += f"; {results.ratio(ours, tuned, throughput):.1f}× {peer} tuned to one process"
    return Bar(what, bar, f"{times:.1f}×", times >= limit, note)


def batch_objects(results: Results, model: str) -> Bar:
    what = f"1,000 rows as JSON objects on /predict/batch, {MODELS[model]}: rows/s per core"
    bar = f"≥ {OBJECT_ROWS_PER_SECOND:,}"
    ours = Key(model, "objects", "ours")
    if reason := results.reason(ours):
        return not_measured(what, bar, reason)
    rate = results.median(ours, lambda sample: sample.rows_per_second)
    by_cpu = results.median(ours, lambda sample: sample.rows * 1e6 / sample.cpu_us)
    return Bar(what, bar, f"{rate:,.0f}", rate >= OBJECT_ROWS_PER_SECOND, f"{by_cpu:,.0f} per second of CPU")


def tail(results: Results, model: str) -> Bar:
    what, bar = f"one row, {MODELS[model]}: p99 against p50 at 16 clients", f"≤ {TAIL:g}×"
    ours = Key(model, "one", "ours")
    if reason := results.reason(ours):
        return not_measured(what, bar, reason)
    times = results.median(ours, lambda sample: sample.p99_ms / sample.p50_ms)
    p50 = results.median(ours, lambda sample: sample.p50_ms)
    p99 = results.median(ours, lambda sample: sample.p99_ms)
    note = f"p50 {p50:.2f} ms, p99 {p99:.2f} ms; only a quiet machine tells"
    return Bar(what, bar, f"{times:.1f}×", times <= TAIL, note)
