"""The output of the lifecycle for a person: one line a step, a clock on every long one."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console


class Screen:
    """Steps on the terminal; plain lines where there is no terminal."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.started = time.monotonic()

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Show `what` with a spinner while the body runs, and its time when it is done."""
        start = time.monotonic()
        if not self.console.is_terminal:
            self.console.print(f"… {what}")
        with self.console.status(what):
            yield
        self.console.print(f"[green]✓[/] {what} [dim]({time.monotonic() - start:.1f} s)[/]")

    def say(self, text: str) -> None:
        self.console.print(text, soft_wrap=True, markup=False, highlight=False)

    @property
    def seconds(self) -> float:
        """Since the screen was opened."""
        return time.monotonic() - self.started
