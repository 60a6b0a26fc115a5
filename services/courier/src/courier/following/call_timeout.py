"""A time limit on calls that have none of their own: a call that takes longer goes on in its thread, unawaited."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")

MOST_ABANDONED = 4


class CallTimeout:
    """Makes each call in a thread of its own. No more are made while four of the earlier ones still hang."""

    def __init__(self) -> None:
        self._abandoned: list[Thread] = []

    def wait(self, call: Callable[[], Result], seconds: float) -> Result:
        """The call's result, or what it raises.

        Raises:
            TimeoutError: there is none after `seconds`, or too many earlier calls have not come back.
        """
        self._abandoned = [thread for thread in self._abandoned if thread.is_alive()]
        if len(self._abandoned) >= MOST_ABANDONED:
            raise TimeoutError(f"{len(self._abandoned)} earlier calls have not come back")
        outcome: SimpleQueue[tuple[bool, Result | BaseException]] = SimpleQueue()

        def run() -> None:
            try:
                outcome.put((True, call()))
            except BaseException as error:
                outcome.put((False, error))

        thread = Thread(target=run, name="registry call", daemon=True)
        thread.start()
        try:
            done, result = outcome.get(timeout=max(seconds, 0.0))
        except Empty:
            self._abandoned.append(thread)
            raise TimeoutError(f"no answer within {seconds:.0f} s") from None
        if done:
            return result  # type: ignore[return-value]  # the first of the pair says which of the two it is
        raise result  # type: ignore[misc]  # likewise
