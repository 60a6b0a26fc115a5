"""The retrainer does one thing at a time, once for each alert, and goes on whatever its children do."""

import sys
import threading
from typing import Any

import httpx2
import pytest
import pytest_socket
from prometheus_client import CollectorRegistry

from tests.support.servers import wait_until
from trainer.errors import AddressTakenError
from trainer.loop.agenda import Agenda, Alert
from trainer.loop.child import Children
from trainer.loop.host_check import HostCheck
from trainer.loop.metrics import Metrics
from trainer.loop.retrainer import Retrainer
from trainer.loop.webhook import Pages, serving
from trainer.params import Params

DRIFT = Alert("f1", "2026-11-23T01:00:00Z", "FeatureDrift", firing=True)
OVER = Alert("f1", "2026-11-23T01:00:00Z", "FeatureDrift", firing=False)
OTHER = Alert("f2", "2026-11-23T02:00:00Z", "LiveAccuracyDropped", firing=True)
MINUTE, HOUR = 60.0, 3600.0


@pytest.fixture
def agenda(fast: Params) -> Agenda:
    return Agenda(fast.loop, started=0.0)


def test_an_alert_is_due_once_however_often_it_is_sent(agenda: Agenda) -> None:
    assert [agenda.take([DRIFT, OTHER], 0), agenda.take([DRIFT], 1)] == [2, 0]
    due = agenda.due(2)
    assert due is not None
    assert (due.trigger, due.why) == ("alert", "alert FeatureDrift, LiveAccuracyDropped")
    agenda.ended(3, good=True)
    agenda.take([DRIFT], HOUR)
    assert agenda.due(HOUR) is None


def test_an_alert_that_is_over_before_its_turn_is_forgotten(agenda: Agenda) -> None:
    agenda.take([DRIFT], 0)
    agenda.take([OVER], 1)
    assert agenda.due(2) is None


def test_a_new_alert_waits_for_the_cool_down(agenda: Agenda) -> None:
    agenda.ended(0, good=True)
    agenda.take([DRIFT], MINUTE)
    assert agenda.due(29 * MINUTE) is None
    assert agenda.due(30 * MINUTE) is not None


def test_after_a_failure_the_same_alert_may_ask_again(agenda: Agenda) -> None:
    agenda.take([DRIFT], 0)
    agenda.ended(MINUTE, good=False)
    assert agenda.take([DRIFT], HOUR) == 1
    assert agenda.due(HOUR) is not None


def test_an_alert_that_goes_on_is_answered_again_after_hours(agenda: Agenda) -> None:
    agenda.take([DRIFT], 0)
    agenda.ended(MINUTE, good=True)
    assert agenda.take([DRIFT], 5 * HOUR) == 0
    assert agenda.take([DRIFT], 7 * HOUR) == 1


def test_the_schedule_counts_from_the_last_end(agenda: Agenda, fast: Params) -> None:
    assert agenda.due(23 * HOUR) is None
    due = agenda.due(24 * HOUR)
    assert due is not None
    assert due.trigger == "schedule"
    agenda.ended(24 * HOUR, good=False)
    assert agenda.due(47 * HOUR) is None
    assert agenda.due(48 * HOUR) is not None
    never = Agenda(fast.loop.model_copy(update={"schedule_hours": 0}), started=0.0)
    assert never.due(10_000 * HOUR) is None


class Runs:
    """Answers verbs from a list, and remembers them."""

    def __init__(self, *answers: dict[str, Any] | None) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, ...]] = []

    def run(self, *verb: str, seconds: float) -> dict[str, Any] | None:
        self.asked.append(verb)
        return self.answers.pop(0)

    def stop(self) -> None:
        pass


class Bench:
    """A retrainer with a clock that stands still unless it is moved."""

    def __init__(self, fast: Params, *answers: dict[str, Any] | None, canary: bool = False) -> None:
        self.now, self.canary, self.outcomes = 0.0, canary, list[str]()
        self.runs, self.registry = Runs(*answers), CollectorRegistry()
        self.retrainer = Retrainer(
            fast.loop, self.runs, lambda: self.canary, Metrics(self.registry), self.outcomes.append, lambda: self.now
        )

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


PROMOTED = {"outcome": "promoted", "version": "3", "bundle": "b"}


def test_an_alert_starts_one_retraining_with_its_name_for_the_history(fast: Params) -> None:
    bench = Bench(fast, PROMOTED)
    assert bench.retrainer.take([DRIFT, DRIFT]) == 1
    bench.retrainer.turn()
    bench.retrainer.turn()
    assert bench.runs.asked == [("retrain", "--why", "alert FeatureDrift")]
    assert bench.value("retrains_total", trigger="alert", outcome="promoted") == 1
    assert bench.outcomes[-1] == "retraining ended: promoted, version 3"


def test_a_failed_retraining_is_counted_and_the_loop_goes_on(fast: Params) -> None:
    bench = Bench(fast, None, PROMOTED)
    before = bench.value("retrain_last_success_timestamp_seconds")
    bench.retrainer.take([DRIFT])
    bench.retrainer.turn()
    assert bench.value("retrains_total", trigger="alert", outcome="failed") == 1
    assert bench.value("retrain_last_success_timestamp_seconds") == before
    bench.now = HOUR
    bench.retrainer.take([DRIFT])
    bench.retrainer.turn()
    assert len(bench.runs.asked) == 2


def test_while_a_canary_is_on_its_way_it_is_looked_at_and_nothing_is_retrained(fast: Params) -> None:
    held = {"action": "hold", "percent": 5.0}
    bench = Bench(fast, held, {"action": "promote", "percent": 100.0}, PROMOTED, canary=True)
    bench.retrainer.take([DRIFT])
    bench.retrainer.turn()
    bench.now = 30
    bench.retrainer.turn()
    bench.now = 61
    bench.retrainer.turn()
    assert [verb[0] for verb in bench.runs.asked] == ["rollout", "rollout"]
    assert bench.value("rollout_steps_total", action="promote") == 1
    bench.canary, bench.now = False, 122
    bench.retrainer.turn()
    assert bench.runs.asked[-1][0] == "retrain"
    assert bench.value("rollout_percent") == 0


def test_once_a_day_it_looks_for_columns_that_drift_together(fast: Params) -> None:
    daily = fast.model_copy(update={"loop": fast.loop.model_copy(update={"drift_hours": 24, "schedule_hours": 0})})
    bench = Bench(daily, {"auc": 0.8, "low": 0.7, "columns": ["a"]}, {"auc": None, "low": None, "columns": []}, None)
    found = []
    for hour in (0, 1, 2, 24, 25, 49):
        bench.now = hour * HOUR
        bench.retrainer.turn()
        found.append((len(bench.runs.asked), str(bench.value("joint_drift_auc_low_ratio"))))
    assert found == [(0, "nan"), (1, "0.7"), (1, "0.7"), (1, "0.7"), (2, "nan"), (3, "nan")]
    assert set(bench.runs.asked) == {("drift",)}


def child(text: str) -> list[str]:
    """Words that run a program in the place of the trainer; sys.argv[-1] is the outcome's file."""
    return [sys.executable, "-c", text]


def test_a_child_s_outcome_is_what_it_wrote() -> None:
    output = child("import sys; open(sys.argv[-1], 'w').write('{\"outcome\": \"canary\"}')")
    assert Children(output, print).run("retrain", seconds=20) == {"outcome": "canary"}


@pytest.mark.parametrize("text", ["raise SystemExit(1)", "import os; os.kill(os.getpid(), 9)", "pass"])
def test_a_child_that_fails_is_killed_or_prints_nothing_is_reported(text: str) -> None:
    messages: list[str] = []
    assert Children(child(text), messages.append).run("retrain", seconds=20) is None
    assert messages[0].startswith("retrain ended w")


def test_a_child_that_hangs_is_ended_with_all_it_started() -> None:
    messages: list[str] = []
    hanging = child("import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])")
    assert Children(hanging, messages.append).run("retrain", seconds=0.5) is None
    assert "took longer than 0.5 s" in messages[0]


def test_stopping_ends_the_child_that_runs_and_starts_none() -> None:
    children = Children(child("import time; time.sleep(60)"), print)
    done: list[object] = []
    thread = threading.Thread(target=lambda: done.append(children.run("retrain", seconds=60)))
    thread.start()
    wait_until(lambda: children._running is not None, "the child runs", seconds=10)
    children.stop()
    thread.join(10)
    assert done == [None]
    assert children.run("retrain", seconds=60) is None


JSON = {"content-type": "application/json"}
WEBHOOK = {
    "version": "4",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "FeatureDrift", "action": "retrain"},
            "fingerprint": "f1",
            "startsAt": "2026-11-23T01:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
        }
    ],
}


def test_the_pages_take_alerts_and_refuse_what_is_none(fast: Params) -> None:
    pytest_socket.enable_socket()
    bench = Bench(fast)
    pages = Pages(bench.registry, bench.retrainer.report, bench.retrainer.take, HostCheck("retrainer"))
    with serving("127.0.0.1", 0, pages) as port, httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
        assert (client.post("/alerts", json=WEBHOOK).json(), client.post("/alerts", json=WEBHOOK).json()) == (
            {"new": 1},
            {"new": 0},
        )
        assert client.get("/health").json() == {"ok": True, "doing": None, "waiting": ["FeatureDrift"]}
        assert 'retrain_alerts_total{kind="known"} 1.0' in client.get("/metrics").text
        assert client.post("/alerts", content=b"nonsense", headers=JSON).status_code == 400
        assert client.post("/alerts", json={"alerts": [{}]}).status_code == 400
        assert client.post("/alerts", content=b"x" * 1_048_577, headers=JSON).status_code == 413
        assert client.get("/").status_code == 404
        for refused, status in (
            ({"host": "evil.example"}, 403),
            ({"origin": "null"}, 403),
            ({"content-type": "text/plain"}, 415),
        ):
            assert client.post("/alerts", json=WEBHOOK, headers=refused).status_code == status
        assert client.get("/health", headers={"host": "evil.example"}).status_code == 403
        assert client.get("/health", headers={"host": "retrainer:9103"}).status_code == 200
        with pytest.raises(AddressTakenError, match="can't be bound"), serving("127.0.0.1", port, pages):
            pass
