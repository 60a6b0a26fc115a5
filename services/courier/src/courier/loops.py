"""Work that a thread repeats for as long as the courier runs."""

from collections.abc import Callable
from threading import Event, Thread

from structlog.typing import FilteringBoundLogger

from courier.http.health import Heartbeat

AFTER_ERROR_SECONDS = 1.0


def start(work: Callable[[], float], pulse: Heartbeat, stop: Event, log: FilteringBoundLogger, name: str) -> Thread:
    """Call `work` again and again, after the seconds it asks for, until `stop` is set."""

    def loop() -> None:
        while not stop.is_set():
            try:
                delay = work()
            except Exception:
                # No beat: a fault that stays turns /health to 503, and whoever watches it restarts the process.
                log.exception("unexpected error", loop=name)
                delay = AFTER_ERROR_SECONDS
            else:
                pulse.beat()
            stop.wait(delay)

    thread = Thread(target=loop, name=name, daemon=True)
    thread.start()
    return thread
