"""Cross-validation on the workers of a Dask cluster: each fold of each combination is one task.

A task whose worker dies runs again on another one. The results are read in the order in which this process would have
made them, so where they were made does not show in any byte.
"""

import pickle
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import cloudpickle
from sklearn.pipeline import Pipeline

from trainer.errors import SearchError
from trainer.training.isolation import Runner, directly
from trainer.training.own_estimators import own_modules
from trainer.training.validation import Fold, Trial, Validation
from trainer.training.worker import fold_on_worker, identity
from trainer.training.workers import SOON, checked_workers, threads
from trainer.workspace.progress import Progress

CONNECT_SECONDS = 10.0
"""The wait for the scheduler's answer."""
WORKERS_SECONDS = 60.0
"""The wait for a first worker, for each worker's report on itself, and for another one when all are gone."""
POLL_SECONDS = 0.5
SPEAK_SECONDS = 2.0
"""Between two lines of progress."""


@dataclass(frozen=True)
class Cluster:
    """The place behind a scheduler's address, `tcp://host:port`. Its seconds are deadlines."""

    address: str
    connect_seconds: float = CONNECT_SECONDS
    workers_seconds: float = WORKERS_SECONDS

    @contextmanager
    def __call__(self, validation: Validation, progress: Progress) -> Iterator["_ClusterFits"]:
        """Raises SearchError where the cluster does not answer or its workers are not like this trainer."""
        progress.step(f"connecting to the search cluster {self.address}")
        client = self._client()
        try:
            with client.as_current():
                workers = checked_workers(client, self.address, self.workers_seconds)
                progress.step(f"{self.address}: workers with this trainer: {len(workers)}")
                fits = _ClusterFits(client, validation, progress, self)
                try:
                    yield fits
                finally:
                    fits.cancel()
        finally:
            client.close(timeout=self.connect_seconds)

    def _client(self) -> Any:
        try:
            from distributed import Client
        except ImportError as error:
            raise SearchError(f"SEARCH_CLUSTER needs the extra `search` of the trainer: {error}") from error
        try:
            return Client(self.address, timeout=self.connect_seconds, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise SearchError(
                f"SEARCH_CLUSTER={self.address}: no Dask scheduler answered within {self.connect_seconds:g} s; "
                "start it, correct the address, or leave SEARCH_CLUSTER empty to train here"
            ) from error


class _ClusterFits:
    def __init__(self, client: Any, validation: Validation, progress: Progress, cluster: Cluster) -> None:
        self._client, self._progress, self._cluster = client, progress, cluster
        self._folds = len(validation.places)
        self._run = uuid.uuid4().hex
        self._futures: dict[Trial, list[Any]] = {}
        self._spoken = self._seen = time.monotonic()
        # As a task, the rows are unpacked again where the worker that had them dies. Data that is scattered is lost.
        self._rows = self._submit(pickle.loads, pickle.dumps(validation), name="rows", priority=SOON)

    def expect(self, trial: Trial, pipeline: Pipeline) -> None:
        self._futures[trial] = self._sent(trial, pipeline, priority=0)

    def folds(self, trial: Trial, pipeline: Pipeline, ask: Runner = directly) -> list[Fold]:
        """A worker is a process of its own, so `ask` is not needed."""
        futures = self._futures.get(trial) or self._sent(trial, pipeline, priority=SOON)
        self._futures[trial] = futures
        self._wait(futures)
        return [self._result(future) for future in futures]

    def cancel(self) -> None:
        """Let the workers forget what is not done."""
        left = [one for futures in self._futures.values() for one in futures if not one.done()]
        if left and self._client.status == "running":
            self._client.cancel(left, force=True)
        self._futures.clear()

    def _sent(self, trial: Trial, pipeline: Pipeline, priority: int) -> list[Any]:
        code, own = shipped(pipeline), identity()
        name = f"{trial.candidate}-{trial.number}"
        return [
            self._submit(
                fold_on_worker, self._rows, code, number, own, name=f"{name}-{number}", priority=priority
            )
            for number in range(self._folds)
        ]  # fmt: skip

    def _submit(self, function: Any, *arguments: Any, name: str, priority: int) -> Any:
        import dask

        # The rows are larger than Dask likes a task to be; they are sent once.
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
            return self._client.submit(function, *arguments, key=f"{name}-{self._run}", pure=False, priority=priority)

    def _wait(self, futures: list[Any]) -> None:
        from distributed import wait

        while left := [one for one in futures if not one.done()]:
            try:
                wait(left, timeout=POLL_SECONDS, return_when="FIRST_COMPLETED")
            except TimeoutError:
                pass
            except Exception as error:
                raise self._lost() from error
            self._check_alive()
            self._speak()

    def _check_alive(self) -> None:
        if self._client.status != "running":
            raise self._lost()
        now = time.monotonic()
        if threads(self._client):
            self._seen = now
        elif now - self._seen > self._cluster.workers_seconds:
            raise SearchError(
                f"SEARCH_CLUSTER={self._cluster.address}: all workers are gone since "
                f"{self._cluster.workers_seconds:g} s; start them and train again"
            )

    def _speak(self) -> None:
        if (now := time.monotonic()) - self._spoken < SPEAK_SECONDS:
            return
        self._spoken = now
        sent = [one for futures in self._futures.values() for one in futures]
        done = sum(one.done() for one in sent)
        self._progress.step(f"{done} of {len(sent)} fits done; workers: {len(threads(self._client))}")

    def _result(self, future: Any) -> Fold:
        from distributed import CancelledError
        from distributed.scheduler import KilledWorker

        try:
            found: Fold = future.result(timeout=self._cluster.connect_seconds)
        except KilledWorker as error:
            raise SearchError(
                f"a fit ended its worker several times, the last one at {error.last_worker.address}: "
                "it may need more memory than the worker has"
            ) from error
        except (CancelledError, OSError) as error:
            raise self._lost() from error
        return found

    def _lost(self) -> SearchError:
        return SearchError(f"SEARCH_CLUSTER={self._cluster.address}: the scheduler went away; train again")


def shipped(pipeline: Pipeline) -> bytes:
    """A pipeline with the code of models/ inside, which workers do not have."""
    modules = own_modules()
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        return bytes(cloudpickle.dumps(pipeline))
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)
