"""The steps of the loop, each with a time it must happen in. A step that does not come ends the story."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import httpx2

from scripts.loop_demo.errors import DemoError


@dataclass(frozen=True)
class Observation:
    """The result of a look: whether the step has happened, and in words what there is to see."""

    done: bool
    text: str


@dataclass(frozen=True)
class Step:
    name: str
    """The event, as the start of a sentence: "the PSI alert fires"."""
    budget: float
    """Seconds it may take on a machine that has nothing else to do."""
    services: tuple[str, ...]
    """Whose logs say why it did not come."""
    look: Callable[[], Observation]
    short: str = ""
    """A word or two for the picture."""


@dataclass(frozen=True)
class Event:
    """A step that happened, `at` seconds since 1970."""

    step: Step
    at: float
    text: str


class StepMissingError(DemoError):
    """A step did not come in its time."""

    def __init__(self, step: Step, seconds: float, seen: str) -> None:
        super().__init__(f"this did not happen within {seconds:.0f} s: {step.name}.\n  Seen last: {seen}")
        self.step = step


class StepImpossibleError(DemoError):
    """The step can no longer come, e.g. because the gate refused. `step` is known once a story runs."""

    step: Step | None = None


class StoryDisplay(Protocol):
    """The place where the story is shown while it happens."""

    def waiting(self, step: Step, seconds: float, seen: str) -> None: ...

    def happened(self, step: Step, since_start: float, took: float, seen: str) -> None: ...


@dataclass
class Story:
    """Runs steps one after the other; `most` is the time for all of them, in seconds.

    Every time is multiplied by the largest `slowness` that was measured so far.
    """

    telling: StoryDisplay
    most: float
    pause: float = 1.0
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    slowness: Callable[[], float] = lambda: 1.0
    slowest: float = 1.0
    events: list[Event] = field(default_factory=list)

    def run(self, steps: Sequence[Step]) -> list[Event]:
        """Raises StepMissingError, StepImpossibleError."""
        started = self.clock()
        for step in steps:
            entered = self.clock()
            self._measure()
            seen = self._until(step, started, entered)
            self.events.append(Event(step, self.now(), seen))
            self.telling.happened(step, self.clock() - started, self.clock() - entered, seen)
        return self.events

    def _measure(self) -> None:
        self.slowest = max(self.slowest, self.slowness())

    def _over(self, step: Step, started: float, entered: float) -> bool:
        now = self.clock()
        return now - entered >= step.budget * self.slowest or now - started >= self.most * self.slowest

    def _until(self, step: Step, started: float, entered: float) -> str:
        while True:
            seen = self._look(step)
            waited = self.clock() - entered
            if seen.done:
                return seen.text
            if self._over(step, started, entered):
                # It may have become slow since.
                self._measure()
                if self._over(step, started, entered):
                    raise StepMissingError(step, waited, seen.text)
            self.telling.waiting(replace(step, budget=step.budget * self.slowest), waited, seen.text)
            self.sleep(self.pause)

    @staticmethod
    def _look(step: Step) -> Observation:
        """A service that is away for a moment does not end the story."""
        try:
            return step.look()
        except StepImpossibleError as error:
            ended = StepImpossibleError(f"this will not happen: {step.name}.\n  {error}")
            ended.step = step
            raise ended from None
        except (httpx2.HTTPError, DemoError) as error:
            return Observation(done=False, text=f"no answer: {error}")
