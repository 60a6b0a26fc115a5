"""A canary's next step, asked of a real HTTP server that answers as Prometheus does."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_socket

from trainer.errors import ServiceUnreachableError
from trainer.loop.prometheus import Prometheus
from trainer.loop.rollout import step
from trainer.params import Params
from trainer.registry import moves
from trainer.testing import MemoryRegistry


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
