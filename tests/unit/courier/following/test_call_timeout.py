"""Calls without a limit of their own get one."""

from threading import Event

import pytest

from courier.following.call_timeout import MOST_ABANDONED, CallTimeout


def test_a_call_gives_its_result_and_its_error() -> None:
    patience = CallTimeout()
    assert patience.wait(lambda: 7, 10) == 7
    with pytest.raises(ZeroDivisionError):
        patience.wait(lambda: 1 // 0, 10)


def test_a_call_that_hangs_is_left_behind_and_only_a_few_may_hang_at_once() -> None:
    patience, end = CallTimeout(), Event()
    for _ in range(MOST_ABANDONED):
        with pytest.raises(TimeoutError, match="no answer within"):
            patience.wait(end.wait, 0.01)
    with pytest.raises(TimeoutError, match="earlier calls"):
        patience.wait(lambda: 7, 10)
    end.set()
    while True:
        try:
            assert patience.wait(lambda: 7, 10) == 7
        except TimeoutError:
            continue
        break
