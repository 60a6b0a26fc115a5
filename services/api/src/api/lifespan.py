"""The tasks beside a worker's requests, from its start to its end. None of them stops a worker from starting."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import structlog

from api.state import State
from api.status.courier_file import read_courier
from api.status.history import EVERY_SECONDS
from api.status.recorder import Recorder
from api.status.report import judge_now
from api.telemetry.log_level import LevelFile

_FIRST_MODEL_SECONDS = 10.0
_HOUSEKEEPING_SECONDS = 0.5
_PAGE = 4096

log = structlog.stdlib.get_logger(__name__)


@contextlib.asynccontextmanager
async def running(state: State) -> AsyncIterator[None]:
    """Open the journal, load the model if there is one, follow the policy; on the way out, in reverse."""
    state.journal.open()
    state.runs.watchdog.start()
    state.metrics.worker.running.set(1)
    state.metrics.worker.starts.inc()
    if state.guard is not None:
        await state.guard.step()
    tasks = [
        asyncio.create_task(_every(state.settings.policy_poll_seconds, state.follower.step), name="policy"),
        asyncio.create_task(_every(_HOUSEKEEPING_SECONDS, Housekeeping(state).step), name="housekeeping"),
    ]
    recorder = Recorder(
        state.history,
        state.metrics,
        state.past_alerts,
        lambda now, samples: judge_now(now, samples, state.models.held(), read_courier(state.settings.serving_dir)),
    )
    tasks.append(asyncio.create_task(_every(EVERY_SECONDS, recorder.step), name="history"))
    if state.settings.log_level_file is not None:
        level = LevelFile(state.settings.log_level_file, state.settings.log_level)
        tasks.append(asyncio.create_task(_every(state.settings.policy_poll_seconds, level.step), name="log level"))
    if state.guard is not None:
        tasks.append(asyncio.create_task(_every(state.settings.policy_poll_seconds, state.guard.step), name="keys"))
    # A worker that takes over from another should have a model when its first request comes.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(state.follower.settled.wait(), _FIRST_MODEL_SECONDS)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        state.prover.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        state.shadow.close()
        state.runs.close()
        state.explanations.close()
        for executor in state.executors:
            executor.shutdown(wait=False, cancel_futures=True)
        state.journal.close()
        state.history.close()
        if state.tracing is not None:
            state.tracing.close()
        log.info("worker stopped")


class Housekeeping:
    """Journal rotation, recovery and syncing, and the worker's own figures."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._cpu = 0.0
        self._measured: float | None = None
        self._synced = time.monotonic()

    async def step(self) -> None:
        state = self._state
        state.journal.maintain()
        state.metrics.worker.journal_writable.set(state.journal.writable)
        self._measure_cpu()
        state.metrics.worker.memory.set(_resident_bytes())
        self._measure_volumes()
        if time.monotonic() - self._synced >= 1.0 - _HOUSEKEEPING_SECONDS:
            self._synced = time.monotonic()
            sync = state.journal.begin_sync()
            if sync is not None:
                try:
                    await asyncio.to_thread(sync)
                except OSError as error:
                    state.journal.sync_failed(error)

    def _measure_cpu(self) -> None:
        before, self._cpu = self._cpu, time.process_time()
        last, self._measured = self._measured, time.monotonic()
        self._state.metrics.worker.cpu.inc(self._cpu - before)
        # the first time it is what starting took
        if last is not None:
            self._state.load.measure(self._cpu - before, self._measured - last)

    def _measure_volumes(self) -> None:
        settings, metrics = self._state.settings, self._state.metrics
        for volume, folder in (("journal", settings.journal_dir), ("metrics", settings.prometheus_multiproc_dir)):
            # Without workers there is no folder of counters; a journal that is gone has an alert of its own.
            with contextlib.suppress(OSError):
                usage = shutil.disk_usage(folder)
                metrics.worker.volume_free.labels(volume).set(usage.free)
                # As df counts: what is reserved for root is neither used nor free.
                metrics.worker.volume_size.labels(volume).set(usage.used + usage.free)


async def _every(seconds: float, step: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await step()
        except Exception:
            log.exception("background step failed, it is tried again", task=_task_name())
        await asyncio.sleep(seconds)


def _task_name() -> str:
    task = asyncio.current_task()
    return task.get_name() if task else ""


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
