"""Counts a training's progress and holds its time budget."""

import time

from trainer.workspace.progress import Progress


class Schedule:
    """The steps of a training, each of about the same length.

    `minutes` after its start no further one starts, apart from the first.
    """

    def __init__(self, progress: Progress, minutes: float, steps: int) -> None:
        self._progress, self._seconds, self._steps = progress, minutes * 60, steps
        self._started, self._done = time.monotonic(), 0

    def next(self, text: str) -> bool:
        """Show the next step; False where the budget is used up."""
        passed = time.monotonic() - self._started
        if self._done and passed > self._seconds:
            return False
        left = passed / self._done * (self._steps - self._done) if self._done else 0.0
        about = f", about {_spelt(min(left, self._seconds - passed))} to go" if left else ""
        self._progress.step(f"step {self._done + 1} of {self._steps}{about}: {text}")
        self._done += 1
        return True

    def last(self, text: str) -> None:
        """Show a step that must be done even without time left."""
        self._progress.step(text)
        self._done += 1


def _spelt(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
