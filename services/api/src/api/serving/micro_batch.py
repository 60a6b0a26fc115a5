"""Micro-batching: single rows that are asked at about the same time share one run of the model and one write."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from api.bundle.predictor import Answer
from api.serving.answers import AnsweredRow, RequestContext
from api.serving.lanes import OverrunError
from api.serving.runs import Runs
from api.serving.served_models import ServedModel
from api.telemetry.model_metrics import Rows


@dataclass(slots=True)
class Question:
    """A row that waits for its answer."""

    model: ServedModel
    row: list[Any]
    context: RequestContext
    answer: "FutureLike"


class FutureLike(Protocol):
    """A future, or what stands for one."""

    def done(self) -> bool: ...

    def set_result(self, result: Any, /) -> None: ...

    def set_exception(self, error: Exception, /) -> None: ...

    def add_done_callback(self, callback: Callable[[Any], object], /) -> object: ...


class AnswerTogether(Protocol):
    """Answers questions to one model, with ``answer`` or by running it now; raises for all of them or none."""

    def __call__(
        self, model: ServedModel, questions: list[Question], answer: Answer | None = None
    ) -> list[AnsweredRow]: ...


class MicroBatch:
    """The rows of one worker's event loop. ``failure`` is the error that a client gets for one that was raised."""

    def __init__(
        self, runs: Runs, answer_together: AnswerTogether, failure: Callable[[Exception, ServedModel, Rows], Exception]
    ) -> None:
        self._runs = runs
        self._answer_batch = answer_together
        self._failure = failure
        self._questions: list[Question] = []
        self._apart: set[asyncio.Task[None]] = set()

    def ask(self, model: ServedModel, row: list[Any], context: RequestContext) -> "asyncio.Future[AnsweredRow]":
        """The answer to come, together with those to all other rows of these two turns of the event loop."""
        answer = asyncio.get_running_loop().create_future()
        self.put(Question(model, row, context, answer))
        return answer

    def put(self, question: Question) -> None:
        """Have a question answered together with all others of these two turns."""
        if not self._questions:
            # One turn later, so that what others sent in the meantime is read first: twice as many share a run.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._end_turn)
        self._questions.append(question)

    def _end_turn(self) -> None:
        questions, self._questions = self._questions, []
        while questions:
            model = questions[0].model
            # A client that went away in the meantime gets no answer, so it gets no record either.
            present = [q for q in questions if q.model is model and not q.answer.done()]
            if self._runs.is_careful(model):
                self._answer_apart(model, present)
            else:
                self._answer_together(model, present)
            questions = [q for q in questions if q.model is not model]

    def _answer_together(self, model: ServedModel, questions: list[Question]) -> None:
        if not questions:
            return
        try:
            answers = self._answer_batch(model, questions)
        except OverrunError:
            self._answer_apart(model, questions)
            return
        except Exception as error:
            # Retry each row alone, so that one bad row does not fail the others.
            if len(questions) > 1:
                for question in questions:
                    self._answer_together(model, [question])
            else:
                questions[0].answer.set_exception(self._failure(error, model, [questions[0].row]))
            return
        for question, answer in zip(questions, answers, strict=True):
            question.answer.set_result(answer)

    def _answer_apart(self, model: ServedModel, questions: list[Question]) -> None:
        """Answer each row alone and beside the loop, because one of them may never end."""
        for question in questions:
            task = asyncio.get_running_loop().create_task(self._answer_beside(model, question))
            self._apart.add(task)
            task.add_done_callback(self._apart.discard)
            question.answer.add_done_callback(partial(_give_up, task))

    async def _answer_beside(self, model: ServedModel, question: Question) -> None:
        try:
            answer = await self._runs.beside(model, model.numbers([question.row])[1])
            if question.answer.done():
                return
            (answered,) = self._answer_batch(model, [question], answer)
        except Exception as error:
            if not question.answer.done():
                question.answer.set_exception(self._failure(error, model, [question.row]))
        else:
            question.answer.set_result(answered)


def _give_up(task: "asyncio.Task[None]", _: "asyncio.Future[AnsweredRow]") -> None:
    """A client that went away leaves the queue; a task that has answered is over, and nothing happens."""
    task.cancel()
