"""The retrainer does one thing at a time, once for each alert, and goes on whatever its children do."""

from typing import Any

import httpx2
import pytest
import pytest_socket
from prometheus_client import CollectorRegistry

from trainer.errors import AddressTakenError
from trainer.loop.agenda import Alert
from trainer.loop.host_check import HostCheck
from trainer.loop.metrics import Metrics
from trainer.loop.retrainer import Retrainer
from trainer.loop.webhook import Pages, serving
from trainer.params import Params

MINUTE, HOUR = 60.0, 3600.0
DRIFT = Alert("f1", "2026-11-23T01:00:00Z", "FeatureDrift", firing=True)


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
