"""The bars against the peers, on samples made up for the purpose."""

from dataclasses import replace

import pytest

from bench.ask import Workload
from bench.judge import against_empty, audit_off, batch_objects, faster, judge, tail
from bench.load import Sample
from bench.results import Key, Results, cpu

MODEL = "logistic_regression"


def sample(*, per_second: float = 1000, cpu_us: float = 100, failed: int = 0, rows: int = 1) -> Sample:
    requests = int(per_second * 2)
    return Sample(
        requests=requests,
        seconds=2.0,
        failed=failed,
        p50_ms=1.0,
        p99_ms=3.0,
        cpu_seconds=cpu_us * requests / 1e6,
        rows=rows,
    )


def results(workload: Workload = "one", **peers: list[Sample]) -> Results:
    return Results({Key(MODEL, workload, peer): samples for peer, samples in peers.items()})


def test_cpu_is_per_request_and_throughput_per_second() -> None:
    one = sample(per_second=500, cpu_us=250, rows=1000)

    assert one.cpu_us == pytest.approx(250)
    assert one.requests_per_second == 500
    assert one.rows_per_second == 500_000


def test_a_ratio_is_the_median_of_the_ratios_of_each_round() -> None:
    # The second round was twice as slow for both: the machine's doing, and no difference between them.
    ours = [sample(cpu_us=150), sample(cpu_us=300), sample(cpu_us=450)]
    empty = [sample(cpu_us=100), sample(cpu_us=200), sample(cpu_us=100)]
    found = results(ours=ours, empty=empty)

    times = found.ratio(Key(MODEL, "one", "ours"), Key(MODEL, "one", "empty"), cpu)

    assert times == pytest.approx(1.5)


@pytest.mark.parametrize(("ours_us", "held"), [(149, True), (151, False)])
def test_one_row_may_cost_half_more_than_an_empty_app_costs(ours_us: float, held: bool) -> None:
    bar = against_empty(results(ours=[sample(cpu_us=ours_us)], empty=[sample(cpu_us=100)]), MODEL)

    assert bar.passed is held
    assert "100 µs" in bar.note


@pytest.mark.parametrize(("ours", "held"), [(8100, True), (7900, False)])
def test_the_throughput_bar_is_against_the_peer_as_it_ships(ours: float, held: bool) -> None:
    found = results(ours=[sample(per_second=ours)], mlserver=[sample(per_second=1000)])
    found.add(Key(MODEL, "one", "mlserver-in-process"), sample(per_second=2000))

    bar = faster(found, MODEL, "one", "mlserver", 8.0)

    assert bar.passed is held
    assert f"{ours / 2000:.1f}× mlserver tuned" in bar.note


def test_a_route_that_is_not_there_is_a_bar_that_is_not_held() -> None:
    found = results("thousand", mlserver=[sample()])
    found.missing[Key(MODEL, "thousand", "ours")] = "/v2/models/iris_clf/infer is not there yet"

    bar = faster(found, MODEL, "thousand", "mlserver", 1.0)

    assert bar.passed is False
    assert bar.figure == "/v2/models/iris_clf/infer is not there yet"


def test_one_failed_request_is_a_bar_that_is_not_held() -> None:
    quick = sample(per_second=1e6, failed=1)

    bar = faster(results(ours=[sample(), quick], mlserver=[sample(), sample()]), MODEL, "one", "mlserver", 1.0)

    assert bar.passed is False
    assert "1 requests failed" in bar.figure


def test_rows_of_a_batch_are_counted_and_not_its_requests() -> None:
    bar = batch_objects(results("objects", ours=[sample(per_second=121, rows=1000, cpu_us=8000)]), MODEL)

    assert bar.passed
    assert bar.figure == "121,000"
    assert bar.note == "125,000 per second of CPU"


def test_the_tail_is_judged_against_the_middle() -> None:
    assert tail(results(ours=[sample()]), MODEL).figure == "3.0×"


def test_a_busy_wrk_is_named_as_what_limits_the_throughput() -> None:
    free, busy = sample(), replace(sample(), client_seconds=1.9)

    limited = faster(results(ours=[busy], mosec=[free]), MODEL, "one", "mosec", 1.0)
    other = faster(results(ours=[free], mosec=[busy]), MODEL, "one", "mosec", 1.0)

    assert "wrk used 95% of its core" in limited.note
    assert "wrk" not in other.note


def test_the_audit_s_cost_is_shown_and_not_judged() -> None:
    found = results(ours=[sample(cpu_us=60)])
    found.samples[Key(MODEL, "one", "ours-unaudited")] = [sample(cpu_us=50)]

    bar = audit_off(found, MODEL)

    assert (bar.figure, bar.passed) == ("1.20×", None)


def test_without_a_single_figure_no_bar_is_held_and_each_says_who_is_missing() -> None:
    bars = judge(Results())

    assert len(bars) == 25
    assert not any(bar.passed for bar in bars)
    assert all("was not measured" in bar.figure for bar in bars)
