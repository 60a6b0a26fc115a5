"""A process for the code of the user's own estimators: a library that crashes in it ends that process alone."""

import faulthandler
import os
import pickle
import resource
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol

from threadpoolctl import threadpool_limits

from trainer.errors import TrainerError
from trainer.workspace.confined import MIB, free_memory, limit

NO_PICKLE = (pickle.PicklingError, AttributeError, TypeError)
"""The errors of an object that has no name by which another process could find it."""
ENDING_SECONDS = 5.0
"""The wait for a process that has closed its connection."""


class Runner(Protocol):
    """Runs a function somewhere and returns its result."""

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any: ...


def directly(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run it in this process."""
    return function(*arguments)


@dataclass(frozen=True)
class _ProcessSetup:
    """The facts that a process starts with."""

    folder: str
    """Its Python files can be imported."""
    threads: int | None
    """Of OpenMP and BLAS; None: as many as there are."""
    memory: int
    """Bytes."""
    cpu_seconds: int
    """They end a process whose trainer was killed, because nobody waits for it."""


class IsolatedProcess:
    """A process that is started when it is first asked, and again after it ended; its context ends it."""

    def __init__(self, folder: Path, *, threads: int | None, seconds: float) -> None:
        """`seconds` is the longest that it may be needed for."""
        self._folder, self._threads = str(folder), threads
        self._cpu_seconds = int(seconds * (os.cpu_count() or 1)) + 60
        self._running: tuple[BaseProcess, Connection[Any, Any], _ProcessSetup] | None = None

    def __enter__(self) -> "IsolatedProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def asked_for(self, name: str, seconds: float, late: str) -> Runner:
        """An `Runner` for the estimator `name`, whose functions have `seconds` from now on.

        It raises TimeoutError that says `late`, and ValueError where the process ends or runs out of memory, or the
        function raises anything but a TrainerError.
        """
        until = time.monotonic() + seconds

        def ask(function: Callable[..., Any], *arguments: Any) -> Any:
            return self._asked(name, until, late, (function, arguments))

        return ask

    def _asked(self, name: str, until: float, late: str, call: tuple[Callable[..., Any], tuple[Any, ...]]) -> Any:
        process, connection, work = self._running or self._start()
        too_much = f"wanted more than the {work.memory // MIB} MiB of free memory"
        try:
            connection.send(call)
            if not wait([connection, process.sentinel], max(until - time.monotonic(), 0)):
                self._end()
                raise TimeoutError(late)
            error, result = connection.recv()
        except NO_PICKLE as found:
            raise ValueError(_unsaved(name, found)) from found
        except (EOFError, ConnectionError) as found:
            process.join(ENDING_SECONDS)
            how = _ending(process.exitcode or 0)
            self._end()
            raise ValueError(
                f"{name} ended its process with {how}: a library that it uses crashed, or {too_much}; "
                "give it other settings, or use another estimator"
            ) from found
        match error:
            case None:
                return result
            case MemoryError():
                raise ValueError(f"{name} {too_much}")
            case pickle.PicklingError():
                raise ValueError(_unsaved(name, error))
            case _RemoteError(text):
                raise ValueError(f"{name}: {text}")
            case _:
                raise error

    def _start(self) -> "tuple[BaseProcess, Connection[Any, Any], _ProcessSetup]":
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        work = _ProcessSetup(self._folder, self._threads, free_memory(), self._cpu_seconds)
        process = context.Process(target=_answer_all, args=(theirs, work))
        process.start()
        theirs.close()
        self._running = process, ours, work
        return self._running

    def _end(self) -> None:
        if self._running is not None:
            process, connection, _ = self._running
            self._running = None
            process.kill()
            process.join()
            process.close()
            connection.close()


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"


@dataclass(frozen=True)
class _RemoteError:
    """An error that the trainer may have no class for, in words."""

    text: str


def _answer_all(connection: "Connection[Any, Any]", work: _ProcessSetup) -> None:
    """The process: run one function after another, until the trainer ends it."""
    # Where a library crashes, the lines of the user's file that led there are printed.
    faulthandler.enable()
    sys.path.insert(0, work.folder)
    limit(work.memory, resource.RLIM_INFINITY, work.cpu_seconds)
    while True:
        try:
            function, arguments = connection.recv()
            with threadpool_limits(work.threads):
                connection.send((None, function(*arguments)))
        except EOFError:
            return
        except Exception as error:
            connection.send((_sendable(error), None))


def _sendable(error: Exception) -> Any:
    match error:
        case TrainerError():
            return error
        case MemoryError():
            return MemoryError()
        case ValueError():
            return ValueError(str(error))
        case _ if isinstance(error, NO_PICKLE) and "pickle" in str(error):
            return pickle.PicklingError(str(error))
        case _:
            # A person's own code raises whatever it likes, and the other candidates can still be trained.
            return _RemoteError(f"{type(error).__name__}: {error}")


def _unsaved(name: str, error: Exception) -> str:
    module = name.partition(":")[0]
    return (
        f"{name} can't be saved ({error}): define its functions and classes at the top of models/{module}.py, "
        "outside other functions and without lambda"
    )
