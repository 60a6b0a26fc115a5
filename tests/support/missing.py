"""A program that is not on this machine: its tests are skipped, and the end of the run says so in one line each."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NoReturn

import pytest

_REASON = re.compile(r"^(?:Skipped: )?missing here: (?P<program>.+?)(?: \[get it with: (?P<how>.+)\])?$", re.DOTALL)


def skip_without(program: str, how: str | None = None) -> NoReturn:
    """Skip the test that needs `program`; `how` is the command that installs it on Debian."""
    pytest.skip(f"missing here: {program}" + (f" [get it with: {how}]" if how else ""))


def program_of(report: pytest.TestReport | pytest.CollectReport) -> tuple[str, str | None] | None:
    """The program a skipped test lacked and how to get it; None when it was skipped for anything else."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    found = _REASON.match(reason)
    return (found["program"], found["how"]) if found else None


def left_out(programs: Iterable[tuple[str, str | None]]) -> list[str]:
    """A line for each program, with the number of tests, most first."""
    lines = []
    for (program, how), tests in Counter(programs).most_common():
        get = f" ({how})" if how else ""
        lines.append(f"left out, because {program} is missing{get}: {tests} test{'s' if tests > 1 else ''}")
    return lines
