"""The shadow model: asked what production has answered, after the answer and beside it.

Nothing in here delays or fails an answer. Questions wait in a queue of bounded size for one thread of their own, and
if anything gets in the way they are dropped and counted.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Literal

import numpy as np
import numpy.typing as npt
import structlog

from api.bundle.manifest import difference
from api.bundle.predictor import Answer
from api.errors import ApiError
from api.journal.writer import Journal
from api.serving.runs import Runs
from api.serving.served_models import ServedModel, ServedModels
from api.serving.shadow_run import Question, Run, ShadowTask, answer_all
from api.telemetry.answer_metrics import ShadowMetrics
from api.telemetry.counting import Add, adder

Reason = Literal["queue", "busy", "late", "error", "journal", "incompatible"]
_GATHER_SECONDS = 0.01
"""Questions of this long are one run of the model and one write: at 5,000 requests a second a fiftieth of the cost."""

log = structlog.stdlib.get_logger(__name__)


class Shadow:
    """For one worker's event loop. ``budget`` is how many seconds after its question an answer still counts."""

    def __init__(
        self,
        models: ServedModels,
        journal: Journal,
        metrics: ShadowMetrics,
        *,
        executor: Executor,
        runs: Runs,
        is_busy: Callable[[], bool],
        most_rows: int,
        budget: float,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._models = models
        self._journal = journal
        self._metrics = metrics
        self._executor = executor
        self._runs = runs
        self._is_busy = is_busy
        self._most_rows = most_rows
        self._budget = budget
        self._clock = clock
        self._queue: deque[Question] = deque()
        self._waiting_rows = 0
        self._at_work = False
        self._closed = False
        self._agreements: dict[tuple[str, str, str], Add] = {}
        self._compared: tuple[ServedModel, ServedModel, bool] | None = None
        self._logged_for: ServedModel | None = None

    def watches(self, model: ServedModel) -> bool:
        """Whether the answers of this model are wanted: what a canary answers says nothing about production."""
        return model.variant == "production" and self._models.get("shadow") is not None

    def offer(self, model: ServedModel, tasks: Sequence[ShadowTask]) -> None:
        """Take what ``model`` has answered, if there is room for it. Never raises and never waits."""
        shadow = self._models.get("shadow")
        if shadow is None or self._closed:
            return
        try:
            asked = self._clock()
            questions = [Question(shadow, task, asked) for task in tasks]
            if self._fits(shadow, model):
                self._queue_up(questions)
            else:
                self._drop(questions, "incompatible")
        except Exception:
            # The answers are in the journal: whatever this is, they are given.
            log.exception("shadow could not be asked", version=shadow.version)

    def close(self) -> None:
        """Take no more, and forget what is on its way."""
        self._closed = True
        self._queue.clear()

    def _fits(self, shadow: ServedModel, model: ServedModel) -> bool:
        if self._compared is None or self._compared[0] is not shadow or self._compared[1] is not model:
            problem = difference(shadow.bundle.manifest, model.bundle.manifest)
            self._compared = shadow, model, problem is None
            if problem is not None:
                self._tell(shadow, problem)
        return self._compared[2]

    def _queue_up(self, questions: Sequence[Question]) -> None:
        for question in questions:
            if self._waiting_rows + len(question.task.ids) > self._most_rows:
                self._drop([question], "queue")
            else:
                self._queue.append(question)
                self._waiting_rows += len(question.task.ids)
        if self._queue and not self._at_work:
            asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._begin)
            self._at_work = True

    def _begin(self) -> None:
        questions = self._in_time(self._take())
        if self._is_busy():
            self._drop(questions, "busy")
            questions = []
        if not questions or self._closed:
            self._end()
            return
        future = asyncio.get_running_loop().run_in_executor(self._executor, answer_all, questions, self._runs)
        future.add_done_callback(lambda done: self._finish(questions, done))

    def _take(self) -> list[Question]:
        """The waiting questions, as far as they are for one and the same model."""
        questions: list[Question] = []
        while self._queue and (not questions or self._queue[0].shadow is questions[0].shadow):
            questions.append(self._queue.popleft())
            self._waiting_rows -= len(questions[-1].task.ids)
        return questions

    def _in_time(self, questions: list[Question]) -> list[Question]:
        oldest = self._clock() - self._budget
        self._drop([question for question in questions if question.asked < oldest], "late")
        return [question for question in questions if question.asked >= oldest]

    def _finish(self, questions: list[Question], done: "asyncio.Future[Run]") -> None:
        try:
            self._keep(questions, done)
        finally:
            self._end()

    def _keep(self, questions: list[Question], done: "asyncio.Future[Run]") -> None:
        if self._closed or done.cancelled():
            return
        shadow, error = questions[0].shadow, done.exception()
        if error is not None:
            self._drop(questions, "error")
            self._tell(shadow, f"{type(error).__name__}: {error}")
            return
        if questions[0].asked < self._clock() - self._budget:
            self._drop(questions, "late")
            return
        run = done.result()
        try:
            self._journal.append(run.records)
        except ApiError:
            self._drop(questions, "journal")
            return
        shadow.metrics.observe(run.rows, run.answer.labels, run.answer.probabilities)
        truth = np.concatenate([question.task.labels for question in questions])
        self._count(shadow, truth, self._as_production_counts(shadow, run.answer))

    def _end(self) -> None:
        self._at_work = bool(self._queue) and not self._closed
        if self._at_work:
            asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._begin)

    def _count(self, shadow: ServedModel, production: npt.NDArray[np.int64], answered: npt.NDArray[np.int64]) -> None:
        agreed = production == answered
        classes = self._production(shadow).bundle.labels
        for outcome, labels in (("agree", production[agreed]), ("disagree", production[~agreed])):
            for label, count in enumerate(np.bincount(labels, minlength=len(classes)).tolist()):
                if count:
                    self._agreement(shadow.version, classes[label], outcome)(count)

    def _as_production_counts(self, shadow: ServedModel, answer: Answer) -> npt.NDArray[np.int64]:
        """The shadow's labels; a regression's values in the bins of the model that answered."""
        bins = self._production(shadow).bundle.reference.target
        return answer.labels if bins is None else np.searchsorted(bins.edges, answer.probabilities[:, 0], side="left")

    def _production(self, shadow: ServedModel) -> ServedModel:
        """The model that this shadow was compared with last."""
        return self._compared[1] if self._compared is not None and self._compared[0] is shadow else shadow

    def _agreement(self, *labels: str) -> Add:
        version, label, outcome = labels
        known = self._agreements.get((version, label, outcome))
        if known is None:
            known = self._agreements[version, label, outcome] = adder(self._metrics.shadow_agreement.labels(*labels))
        return known

    def _drop(self, questions: Sequence[Question], reason: Reason) -> None:
        if questions:
            self._metrics.shadow_dropped.labels(reason).inc(sum(len(question.task.ids) for question in questions))

    def _tell(self, shadow: ServedModel, problem: str) -> None:
        """Log the problem once for each model, not at every request."""
        if shadow is not self._logged_for:
            self._logged_for = shadow
            log.error("shadow does not answer", version=shadow.version, problem=problem)
