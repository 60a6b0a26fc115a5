"""Counts pip's progress from its output and from the packages in the environment."""

import re
import time
from dataclasses import dataclass, field
from typing import TextIO

_LOOKED_UP = re.compile(r"^(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)")
_FETCHED = re.compile(r"^\s*(?:Downloading|Using cached) (\S+\.(?:whl|tar\.gz|zip))(?: \(([\d.]+) (kB|MB|GB)\))?")
_FOUND = re.compile(r"^Requirement already satisfied: ([A-Za-z0-9._-]+)")
_MEGABYTES = {"kB": 0.001, "MB": 1.0, "GB": 1000.0}
_WAITING = re.compile(r"Retrying \(Retry\(total=(\d+)")
LINES = 10
"""Where there is no terminal, a line for each tenth."""


@dataclass
class Progress:
    """Counts of packages; `total` is how many the lock names."""

    total: int
    looked_up: set[str] = field(default_factory=set)
    fetched: set[str] = field(default_factory=set)
    megabytes: float = 0.0
    unpacked: int = 0
    unpacking: bool = False
    waiting: bool = False

    def read(self, line: str) -> None:
        """Count what a line of pip's output says."""
        self.waiting = bool(_WAITING.search(line))
        if found := _LOOKED_UP.match(line):
            self.looked_up.add(found[1])
        if found := _FOUND.match(line):
            self.fetched.add(found[1])
        if found := _FETCHED.match(line):
            self.fetched.add(found[1])
            self.megabytes += float(found[2] or 0) * _MEGABYTES[found[3] or "MB"]
        if line.startswith("Installing collected packages"):
            self.unpacking = True

    def __str__(self) -> str:
        if self.waiting:
            return "the package index does not answer; pip tries again"
        if self.unpacking:
            return f"{self.unpacked} of {self.total} packages unpacked"
        looked_up, fetched = min(len(self.looked_up), self.total), min(len(self.fetched), self.total)
        if fetched < looked_up - 1:
            return f"{looked_up} of {self.total} packages looked up, {fetched} fetched ({self.megabytes:.0f} MB)"
        return f"{fetched} of {self.total} packages fetched ({self.megabytes:.0f} MB)"

    @property
    def tenths(self) -> tuple[int, ...]:
        """Changes when a line is due where there is no terminal."""
        counts = ((len(self.looked_up) + len(self.fetched)) // 2, self.unpacked)
        return (*(count * LINES // max(self.total, 1) for count in counts), self.unpacking, self.waiting)


class Line:
    """One line that is written over on a terminal; elsewhere a line for each tenth."""

    def __init__(self, out: TextIO, width: int) -> None:
        self._out, self._width, self._begun = out, width, time.monotonic()
        self._moving = out.isatty()
        self._last: tuple[int, ...] = ()

    def show(self, progress: Progress) -> None:
        seconds = int(time.monotonic() - self._begun)
        text = f"  {seconds // 60}:{seconds % 60:02d}  {progress}"
        if self._moving:
            self._out.write("\r" + text[: self._width - 1].ljust(self._width - 1))
        elif progress.tenths != self._last:
            self._last = progress.tenths
            self._out.write(text + "\n")
        self._out.flush()

    def end(self) -> None:
        """Start a new line for the text that follows."""
        if self._moving:
            self._out.write("\n")
            self._out.flush()
