"""The agenda of retraining: an alert is due once, waits for the cool-down, and may ask again after a failure."""

import pytest

from trainer.loop.agenda import Agenda, Alert
from trainer.params import Params

MINUTE, HOUR = 60.0, 3600.0
DRIFT = Alert("f1", "2026-11-23T01:00:00Z", "FeatureDrift", firing=True)


OVER = Alert("f1", "2026-11-23T01:00:00Z", "FeatureDrift", firing=False)


OTHER = Alert("f2", "2026-11-23T02:00:00Z", "LiveAccuracyDropped", firing=True)


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
