"""Which workers a reload stops, when a worker stands by, and whose socket a stop closes to new connections."""

import sys
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from gunicorn.arbiter import Arbiter
from hypothesis import given
from hypothesis import strategies as st

from api.server.arbiter import KeptWorker, PatientArbiter, surplus
from api.serving.worker_readiness import Readiness, WorkerReadiness

NOTHING, FALLBACK, CHOSEN = Readiness


def ages(levels: list[Readiness], wanted: int, *, overdue: bool = False) -> list[int]:
    return sorted(
        worker.age for worker in surplus(list(map(KeptWorker, range(len(levels)), levels)), wanted, overdue=overdue)
    )


def test_the_old_workers_go_when_the_new_ones_serve_as_well() -> None:
    assert ages([CHOSEN, CHOSEN, CHOSEN, CHOSEN], 2) == [0, 1]
    assert ages([FALLBACK, NOTHING, FALLBACK, CHOSEN], 2) == [0, 1]


def test_where_no_old_worker_has_a_model_there_is_nothing_to_wait_for() -> None:
    assert ages([NOTHING, NOTHING, NOTHING, NOTHING], 2) == [0, 1]


def test_all_stay_while_a_new_one_has_less_than_an_old_one() -> None:
    assert ages([CHOSEN, CHOSEN, NOTHING, NOTHING], 2) == []
    assert ages([CHOSEN, CHOSEN, CHOSEN, NOTHING], 2) == []
    assert ages([CHOSEN, CHOSEN, FALLBACK, FALLBACK], 2) == []


def test_when_it_is_overdue_those_with_the_least_go() -> None:
    assert ages([CHOSEN, CHOSEN, NOTHING, NOTHING], 2, overdue=True) == [2, 3]
    assert ages([CHOSEN, CHOSEN, CHOSEN, NOTHING], 2, overdue=True) == [0, 3]
    assert ages([CHOSEN, CHOSEN, FALLBACK, FALLBACK], 2, overdue=True) == [2, 3]


@given(st.lists(st.sampled_from(Readiness), max_size=12), st.integers(1, 6), st.booleans())
def test_as_many_as_are_wanted_stay_and_never_is_the_best_worker_lost_for_a_worse_one(
    levels: list[Readiness], wanted: int, overdue: bool
) -> None:
    stopped = ages(levels, wanted, overdue=overdue)
    staying = [level for age, level in enumerate(levels) if age not in stopped]
    assert len(staying) >= min(wanted, len(levels))
    assert max(staying, default=NOTHING) == max(levels, default=NOTHING)
    if overdue:
        assert len(staying) == min(wanted, len(levels))


def test_a_worker_without_a_model_stands_by_as_long_as_another_has_one() -> None:
    readiness = WorkerReadiness()
    assert not readiness.stands_by(0)
    readiness.set(1, FALLBACK)
    assert (readiness.stands_by(0), readiness.stands_by(1)) == (True, False)
    readiness.set(0, CHOSEN)
    assert not readiness.stands_by(0)
    readiness.set(0, NOTHING)
    readiness.set(1, NOTHING)
    assert not readiness.stands_by(0)


@pytest.mark.parametrize(
    ("reexec_pid", "master_pid", "systemd", "refuses"),
    [(0, 0, False, True), (7, 0, False, False), (0, 7, False, False), (0, 0, True, False)],
)
def test_a_stop_leaves_a_socket_alone_that_someone_else_goes_on_listening_on(
    reexec_pid: int, master_pid: int, systemd: bool, refuses: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[bool] = []
    monkeypatch.setattr(Arbiter, "stop", lambda _self, graceful: ended.append(graceful))
    monkeypatch.setattr(sys, "platform", "linux")
    listener = Mock()
    arbiter = PatientArbiter.__new__(PatientArbiter)
    arbiter.reexec_pid, arbiter.master_pid, arbiter.systemd = reexec_pid, master_pid, systemd
    arbiter.LISTENERS = [SimpleNamespace(sock=listener)]
    arbiter.stop()
    assert listener.setsockopt.called == refuses
    assert ended == [True]
