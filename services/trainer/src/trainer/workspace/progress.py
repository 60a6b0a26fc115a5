"""The current step on the terminal: a moving line on a TTY, one plain line per step elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console


class Progress(Protocol):
    """Says what is under way."""

    def step(self, text: str) -> None:
        """`text` is under way from now on."""


class Silent:
    """For callers that watch nothing."""

    def step(self, text: str) -> None:
        pass


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console

    def step(self, text: str) -> None:
        self._console.print(f"· {text}", highlight=False, markup=False)


class _Spinner:
    def __init__(self, console: Console) -> None:
        self._status = console.status("")

    def __enter__(self) -> "_Spinner":
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def step(self, text: str) -> None:
        self._status.update(text)


@contextmanager
def watching(console: Console) -> Iterator[Progress]:
    """A spinner in a terminal, a line for each step elsewhere."""
    if console.is_terminal:
        with _Spinner(console) as spinner:
            yield spinner
    else:
        yield _Lines(console)
