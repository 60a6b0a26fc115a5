"""`python -m courier` carries; with a verb it does something else and ends."""

from __future__ import annotations

import gc
import signal
import sys
from io import TextIOWrapper
from threading import Event, Thread

from pydantic import ValidationError

from courier.cli.cli import parse, run_verb
from courier.errors import CourierError
from courier.logs import configure
from courier.service import run
from courier.settings import Settings

# A batch is tens of thousands of rows that live for a moment and hold no cycles. By default the collector would walk
# them, and all of MLflow's client behind them, every few hundred rows.
COLLECT_AFTER_OBJECTS = 100_000


def main(arguments: list[str]) -> int:
    """Returns the exit code: 0 after an orderly end, 1 when it could not be done, more as docs/store.md has it."""
    asked = parse(arguments)
    try:
        settings = Settings()
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            # A fault of two settings together has no name of its own; its message names both.
            name = "".join(f"{str(part).upper()}: " for part in problem["loc"])
            sys.stderr.write(f"courier: {name}{problem['msg'].removeprefix('Value error, ')}\n")
        return 1
    if asked.verb is not None:
        return run_verb(settings, asked)
    gc.set_threshold(COLLECT_AFTER_OBJECTS)
    log = configure(settings.log_level, settings.log_dir)
    try:
        run(settings, log, _stop_on_signals())
    except CourierError as error:
        log.critical("courier can't start", error=str(error))
        return 1
    return 0


def _stop_on_signals() -> Event:
    """An event that SIGTERM and SIGINT set, through a thread: a handler can hang on the very lock it interrupted."""
    numbers = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    stop = Event()

    def wait() -> None:
        signal.sigwait(numbers)
        stop.set()

    Thread(target=wait, name="signals", daemon=True).start()
    return stop


if __name__ == "__main__":
    if isinstance(sys.stdout, TextIOWrapper):
        # A log line or a name of the user's data may have letters that the terminal's encoding lacks.
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))
