"""A process that is frozen is ended by the watchdog in its container and started again by Docker; nothing is lost."""

import time
from collections.abc import Callable

from tests.stack.conftest import predict
from tests.stack.load import Load
from tests.stack.platform import Stack
from tests.stack.test_restarts import landed
from tests.support.servers import wait_until

BACK_SECONDS = 120
FREEZE = "kill -STOP $(cat /proc/1/task/1/children)"


def started(stack: Stack, service: str) -> str:
    return str(stack.container(service)["State"]["StartedAt"])


def freeze(stack: Stack, service: str) -> float:
    """Stop the service's own process, the watchdog's child; returns the seconds until the container is healthy."""
    before, began = started(stack, service), time.monotonic()
    stack.inside(service, "sh", "-c", FREEZE)
    wait_until(
        lambda: (
            started(stack, service) != before and stack.container(service)["State"]["Health"]["Status"] == "healthy"
        ),
        f"{service} is started again and healthy",
        BACK_SECONDS,
    )
    return time.monotonic() - began


def test_a_frozen_courier_is_back_by_itself_and_lands_what_was_answered_meanwhile(
    stack: Stack, note: Callable[[str], None]
) -> None:
    with Load(stack.url("api")) as load:
        load.wait_for(5)
        seconds = freeze(stack, "courier")
        load.wait_for(5)
    assert load.failures == []
    ids = [answer["prediction_id"] for answer in load.answers]
    wait_until(lambda: landed(stack, ids) == len(ids), "every answer is in the audit", 60)
    note(f"a frozen courier was back after {seconds:.0f} s; {len(ids)} answers of that time are in the audit")
    assert "the watchdog ends the process" in stack.compose("logs", "courier").stdout


def test_a_frozen_gunicorn_is_replaced_with_its_workers(stack: Stack, note: Callable[[str], None]) -> None:
    before = predict(stack)
    seconds = freeze(stack, "api")
    after = predict(stack)
    both = [before["prediction_id"], after["prediction_id"]]
    wait_until(lambda: landed(stack, both) == 2, "both answers are in the audit", 60)
    note(f"an api whose master was frozen was back after {seconds:.0f} s")


def test_the_watchdog_itself_can_not_be_frozen_from_inside(stack: Stack) -> None:
    before = started(stack, "courier")
    stack.inside("courier", "sh", "-c", "kill -STOP 1")
    state = stack.inside("courier", "sh", "-c", "grep State: /proc/1/status")
    assert "T (stopped)" not in state
    assert started(stack, "courier") == before
