"""A canary's next step, from what Prometheus knows; the questions go to a real HTTP server."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import pytest_socket

from trainer.errors import ServiceUnreachableError
from trainer.loop.evidence import Tally
from trainer.loop.history import grown
from trainer.loop.latency_noise import CHANCE
from trainer.loop.prometheus import MinuteFigures, Prometheus, VersionFigures
from trainer.loop.rollout import Decision, decide, step
from trainer.loop.weighing import Evidence
from trainer.params import Params
from trainer.registry import moves
from trainer.testing import MemoryRegistry
from trainer.thresholds import Rollout

FINE = VersionFigures(
    answered=500, requests=500, failed=0, p99_ms=3.0, p99_least_ms=2.5, p99_most_ms=3.5, correct=95, incorrect=5
)
LONG = 3600.0


def minutes(served: VersionFigures) -> MinuteFigures:
    """All of it in one minute."""
    return MinuteFigures(tally(served.asked, served.failed), tally(served.judged, served.incorrect))


def tally(trials: float, bad: float) -> Tally:
    return Tally(np.array([float(trials)]), np.array([float(bad)]))


def decided(
    percent: float | None, canary: VersionFigures, production: VersionFigures, seconds: float, limits: Rollout
) -> Decision:
    evidence = Evidence.of(minutes(canary), minutes(production), limits)
    return decide(percent, canary, production, evidence, seconds, limits)


@pytest.mark.parametrize(
    ("percent", "action", "following"), [(5, "step", 25), (25, "promote", 100), (10, "step", 25), (100, "promote", 100)]
)
def test_a_canary_as_good_as_production_gets_more(percent: float, action: str, following: float, fast: Params) -> None:
    found = decided(percent, FINE, FINE, LONG, fast.rollout)
    assert (found.action, found.percent) == (action, following)


@pytest.mark.parametrize(
    ("canary", "message"),
    [
        (replace(FINE, failed=30), "5.7% of its 530 requests failed, of production's 0.0%"),
        (replace(FINE, answered=0, requests=0, failed=3), "100.0% of its 3 requests failed"),
        (replace(FINE, correct=60, incorrect=40), "it was right in 60.0% of 100, production in 95.0%"),
        (
            replace(FINE, p99_ms=9.0, p99_least_ms=7.1),
            "its p99 is 9.0 ms, at least 7.1; production's 3.0 ms, at most 3.5",
        ),
    ],
)
def test_a_worse_canary_goes_back_at_once(canary: VersionFigures, message: str, fast: Params) -> None:
    found = decided(5, canary, FINE, 30.0, fast.rollout)
    assert found.action == "back"
    assert found.why.startswith(message)


@pytest.mark.parametrize(
    ("canary", "seconds", "message"),
    [
        (replace(FINE, answered=99), LONG, "99 answers of the 100 that decide"),
        (FINE, 60.0, "watched for 1.0 of 10 minutes"),
        (replace(FINE, answered=0, requests=0, p99_ms=None, p99_least_ms=None), LONG, "0 answers"),
        (replace(FINE, failed=1), 60.0, "watched for"),
        (
            replace(FINE, correct=80, incorrect=20),
            LONG,
            "right in 80.0% of 100, production in 95.0% of 100: chance explains it",
        ),
        (replace(FINE, failed=9), LONG, "1.8% of its 509 requests failed, of production's 0.0%: chance explains it"),
        (replace(FINE, answered=0, requests=0, failed=2), LONG, "0 answers"),
        (
            replace(FINE, p99_ms=9.0, p99_least_ms=6.9),
            LONG,
            "its p99 is 9.0 ms, production's 3.0 ms: chance explains it",
        ),
    ],
)
def test_too_little_evidence_waits(canary: VersionFigures, seconds: float, message: str, fast: Params) -> None:
    found = decided(5, canary, FINE, seconds, fast.rollout)
    assert (found.action, found.percent) == ("hold", 5)
    assert message in found.why


@pytest.mark.parametrize(("canary", "action"), [(FINE, "hold"), (replace(FINE, failed=50), "back")])
def test_a_canary_whose_share_nobody_can_read_is_not_stepped_and_still_goes_back_when_worse(
    canary: VersionFigures, action: str, fast: Params
) -> None:
    found = decided(None, canary, FINE, LONG, fast.rollout)
    assert (found.action, found.percent) == (action, 0)
    assert action == "back" or "`percent` is not a share from 0 to 100" in found.why


def test_a_canary_that_was_moved_by_hand_has_ten_percent_and_steps_up_from_there(
    registry: MemoryRegistry, fast: Params
) -> None:
    registry.versions["2"].tags.pop("percent")
    with prometheus(GOOD, []) as watch:
        decision, _ = step(registry, "m", watch, fast.rollout)
    assert (decision.action, decision.percent) == ("step", 25)


@pytest.mark.parametrize("at", ["2026-11-20T00:00:00", "yesterday", "9999-12-31T23:59:59-12:00", 7, None, ["x"]])
def test_a_move_of_any_content_is_no_traceback(registry: MemoryRegistry, fast: Params, at: object) -> None:
    registry.tag("m", "2", {"move.canary": json.dumps({"at": at, "why": "canary", "from": None}), "percent": "ten"})
    with prometheus(GOOD, []) as watch:
        decision, planned = step(registry, "m", watch, fast.rollout)
    assert (decision.action, planned) == ("hold", [])


def test_patience_ends(fast: Params) -> None:
    found = decided(5, replace(FINE, answered=3), FINE, 25 * 3600, fast.rollout)
    assert (found.action, found.why[:23]) == ("back", "no evidence in 24 hours")


def test_a_slow_answer_that_is_still_fast_is_no_reason(fast: Params) -> None:
    quick = replace(FINE, p99_ms=1.0, p99_most_ms=1.1)
    assert decided(5, replace(FINE, p99_ms=4.9, p99_least_ms=4.8), quick, LONG, fast.rollout).action == "step"


def test_accuracy_counts_only_with_enough_feedback_and_can_be_asked_for(fast: Params) -> None:
    few = replace(FINE, correct=17, incorrect=2)
    assert decided(5, few, FINE, LONG, fast.rollout).action == "step"
    asking = fast.rollout.model_copy(update={"needs_feedback": True})
    found = decided(5, few, FINE, LONG, asking)
    assert (found.action, found.why) == ("hold", "19 of its answers have feedback, 20 of each decide")


Values = dict[str, str]


@contextmanager
def prometheus(values: Values, asked: list[str], *, status: int = 200) -> Iterator[Prometheus]:
    """Answers each query whose text matches a key; no series for the others."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = parse_qs(urlsplit(self.path).query)
            query = wanted["query"][0]
            asked.append(query)
            found = [value for pattern, value in values.items() if re.search(pattern, query)]
            result: list[Any] = [{"metric": {}, "value": [0, one]} for one in found[:1]]
            if urlsplit(self.path).path.endswith("query_range"):
                start, end = (float(wanted[one][0]) for one in ("start", "end"))
                result = [{"metric": {}, "values": [[start, "0"], [end, one]]} for one in found[:1]]
            body = json.dumps({"status": "success", "data": {"result": result}}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    pytest_socket.enable_socket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Prometheus(f"http://127.0.0.1:{server.server_port}/")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


GOOD: Values = {
    "histogram_quantile": "0.004",
    "predictions_total": "640",
    "predict_latency_seconds_count": "600",
    'feedback_total.*"correct"': "90",
    'feedback_total.*"incorrect"': "10",
}


@pytest.fixture
def registry() -> MemoryRegistry:
    """Version 1 serves; version 2 is the canary at 5 %, since long ago."""
    made = MemoryRegistry()
    made.add()
    made.add()
    moves.carry_out(made, "m", moves.promote(made.state("m"), "1"))
    moves.carry_out(made, "m", moves.canary(made.state("m"), "2", 5))
    long_ago = json.dumps({"at": "2026-11-20T00:00:00+00:00", "why": "canary", "from": None})
    made.tag("m", "2", {"move.canary": long_ago})
    return made


def test_a_step_is_asked_of_prometheus_for_both_versions_and_recorded_with_why(
    registry: MemoryRegistry, fast: Params
) -> None:
    asked: list[str] = []
    with prometheus(GOOD, asked) as watch:
        decision, planned = step(registry, "m", watch, fast.rollout)
    assert decision.action == "step"
    moves.carry_out(registry, "m", planned)
    assert registry.versions["2"].percent == 25
    assert registry.notes[-1]["why"] == (
        "rollout: 640 answers, 0 failed, right in 90.0% of 100, production in 90.0%; "
        "evidence that it is worse: failures 1 to 1, accuracy 1 to 1"
    )
    assert len(asked) == 29
    assert sum("[86400s]" in query for query in asked) == 16
    assert sum('version="2",variant="canary"' in query for query in asked) == 10
    assert sum('version="1",variant="production"' in query for query in asked) == 10


def test_the_estimate_comes_from_the_counters_and_stops_a_canary_where_it_is_asked_for(
    registry: MemoryRegistry, fast: Params
) -> None:
    worse = {
        'expected_correct_total.*version="1"': "620",
        'expected_correct_total.*version="2"': "320",
        **GOOD,
    }
    limits = fast.rollout.model_copy(update={"estimate_margin": 0.05})
    with prometheus(worse, []) as watch:
        off, _ = step(registry, "m", watch, fast.rollout)
        on, _ = step(registry, "m", watch, limits)
    assert (off.action, on.action) == ("step", "back")
    assert "estimated to be right in 50.0%, production in 96.9%" in on.why


def test_a_canary_waits_while_the_alert_about_it_fires(registry: MemoryRegistry, fast: Params) -> None:
    with prometheus({"ALERTS.*CanaryWorse": "1", **GOOD}, []) as watch:
        decision, planned = step(registry, "m", watch, fast.rollout)
    assert (decision.action, decision.percent, planned) == ("hold", 5, [])
    assert decision.why == "the alert CanaryWorse fires"


def test_the_rollout_and_the_rules_mean_the_same_by_chance() -> None:
    rules = (Path(__file__).parents[4] / "monitoring/prometheus/rules/model.yml").read_text()
    assert f'{{record: "quality:chance:ratio", expr: vector({CHANCE})}}' in rules


def test_a_stop_names_the_odds_and_those_that_decide(fast: Params) -> None:
    found = decided(
        5, replace(FINE, correct=600, incorrect=400), replace(FINE, correct=950, incorrect=50), 30.0, fast.rollout
    )
    assert found.why.endswith("evidence that it is worse by more than 5 points: over 1000000 to 1, 80 to 1 decides")


def levels(*values: float) -> list[list[object]]:
    return [[1000.0 + 60 * minute, str(value)] for minute, value in enumerate(values)]


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        ([], [0, 0, 0]),
        ([levels(5, 7, 7, 10)], [2, 0, 3]),
        ([levels(5, 7, 2, 3)], [2, 2, 1]),  # started again
        ([levels(0, 1, 1, 1), levels(3, 3, 4, 4)], [1, 1, 0]),
        ([[[1060.0, "4"], [1180.0, "6"]]], [4, 0, 2]),  # first seen later, and one missed
    ],
)
def test_counters_grow_minute_by_minute(
    monkeypatch: pytest.MonkeyPatch, series: list[list[list[object]]], expected: list[float]
) -> None:
    answer = {"status": "success", "data": {"result": [{"values": one} for one in series]}}
    monkeypatch.setattr("trainer.loop.history.get_json", lambda *_: answer)
    assert grown("http://prometheus/query_range", "a_counter", 1180.0, 200.0).tolist() == expected


@pytest.mark.parametrize("answer", [{}, {"status": "error"}, {"status": "success", "data": {"result": [{}]}}, []])
def test_a_history_that_is_not_one_is_refused(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    monkeypatch.setattr("trainer.loop.history.get_json", lambda *_: answer)
    with pytest.raises(ServiceUnreachableError, match="a_counter"):
        grown("http://prometheus/query_range", "a_counter", 1180.0, 200.0)


def test_a_bad_canary_loses_its_traffic_and_is_a_challenger_again(registry: MemoryRegistry, fast: Params) -> None:
    bad = {'prediction_failures_total.*variant="canary"': "100", **GOOD}
    with prometheus(bad, []) as watch:
        decision, planned = step(registry, "m", watch, fast.rollout)
    moves.carry_out(registry, "m", planned)
    assert decision.action == "back"
    assert registry.aliases == {"production": "1", "challenger": "2"}


def test_without_a_canary_nothing_is_asked(fast: Params) -> None:
    registry = MemoryRegistry()
    assert step(registry, "m", Prometheus("http://127.0.0.1:9"), fast.rollout)[0].action == "none"


def test_a_prometheus_that_is_away_or_answers_nonsense_moves_nothing(registry: MemoryRegistry, fast: Params) -> None:
    with prometheus({}, [], status=503) as watch, pytest.raises(ServiceUnreachableError, match="answered 503"):
        step(registry, "m", watch, fast.rollout)
    with prometheus({"predictions": "many"}, []) as watch, pytest.raises(ServiceUnreachableError, match="unexpected"):
        step(registry, "m", watch, fast.rollout)
    assert registry.aliases == {"production": "1", "canary": "2"}


def test_a_quantile_of_nothing_is_no_figure() -> None:
    with prometheus({"histogram_quantile": "NaN"}, []) as watch:
        assert watch.served("1", "canary", 60).p99_ms is None
