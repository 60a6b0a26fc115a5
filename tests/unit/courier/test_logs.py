"""One JSON line per event, whatever stands in it, and a level that can change."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from structlog.typing import FilteringBoundLogger

from courier.logs import configure

INJECTIONS = ('x\n{"event":"policy written","level":"info"}', "x\r\nx", "\x1b[2J\x00", "\u2028\u2029", "\ud800", '"}{"')


@pytest.fixture
def log(tmp_path: Path) -> Iterator[FilteringBoundLogger]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield configure("INFO", tmp_path)
    for handler in logging.root.handlers:
        handler.close()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("text", INJECTIONS, ids=ascii)
def test_nothing_in_a_text_from_outside_makes_a_line_of_its_own(
    log: FilteringBoundLogger, tmp_path: Path, text: str
) -> None:
    log.error("version refused", version=text)
    # Not MLflow's own logger: once it is imported, by whatever test, it keeps its records to itself.
    # And no half of a pair: pytest sends what was logged from process to process, as UTF-8.
    foreign = text.encode("utf-8", "ignore").decode()
    logging.getLogger("a.library").warning("theirs %s", foreign)
    lines = (tmp_path / "courier.log").read_bytes().split(b"\n")
    assert lines.pop() == b""
    ours, theirs = [json.loads(line) for line in lines]
    assert (ours["version"], ours["level"]) == (text, "error")
    assert theirs["event"] == f"theirs {foreign}"
    assert not any(byte < 32 for line in lines for byte in line)


def test_the_level_can_change_after_the_logger_was_made(log: FilteringBoundLogger, tmp_path: Path) -> None:
    log.debug("silent")
    logging.getLogger().setLevel("DEBUG")
    log.debug("said")
    logging.getLogger().setLevel("ERROR")
    log.warning("silent again")
    lines = (tmp_path / "courier.log").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["said"]
