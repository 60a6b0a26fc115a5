"""One JSON line per event, none lost between processes."""

import json
import logging
import multiprocessing
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from api.telemetry.logs import SharedRotatingFile, configure_logging, request_id_of_task, trace_id_of_task

LINES, WRITERS = 400, 4


def _write(path: Path, writer: int) -> None:
    handler = SharedRotatingFile(path, largest=4_000, keep=1_000)
    for number in range(LINES):
        handler.emit(logging.LogRecord("log", logging.INFO, "", 0, f"{writer}-{number:04}", None, None))


def test_processes_that_rotate_one_file_under_each_other_lose_no_line(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    writers = [spawn.Process(target=_write, args=(tmp_path / "app.log", writer)) for writer in range(WRITERS)]
    for process in writers:
        process.start()
    for process in writers:
        process.join()
    files = list(tmp_path.glob("app.log*"))
    lines = [line for file in files for line in file.read_text().splitlines()]
    assert sorted(lines) == sorted(f"{writer}-{number:04}" for writer in range(WRITERS) for number in range(LINES))
    assert len(files) > 2
    assert all(file.stat().st_size < 4_100 for file in files)


def test_only_so_many_old_files_are_kept(tmp_path: Path) -> None:
    with closing(SharedRotatingFile(tmp_path / "app.log", largest=10, keep=2)) as handler:
        for number in range(10):
            handler.emit(logging.LogRecord("log", logging.INFO, "", 0, f"a longer line {number}", None, None))
    names = {path.name for path in tmp_path.glob("app.log*")}
    assert names == {"app.log", "app.log.1", "app.log.2"}
    assert (tmp_path / "app.log.2").read_text() == "a longer line 7\n"


@pytest.fixture
def configured(tmp_path: Path) -> Iterator[Path]:
    before, level = logging.root.handlers[:], logging.root.level
    logging.root.handlers.clear()
    configure_logging("INFO", tmp_path)
    yield tmp_path / "app.log"
    for handler in logging.root.handlers:
        handler.close()
    logging.root.handlers[:] = before
    logging.root.setLevel(level)


def test_our_events_and_a_librarys_are_the_same_kind_of_line(
    configured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request_id_of_task.set("request-1")
    trace_id_of_task.set("4bf92f3577b34da6a3ce929d0e0e4736")
    structlog.stdlib.get_logger("api.test").info("ours", answer=42)
    logging.getLogger("gunicorn.error").warning("theirs %s\n\x1b[31m", "too")
    try:
        raise ValueError("broken")
    except ValueError:
        structlog.stdlib.get_logger("api.test").exception("failed \ud800")
    ours, theirs, failed = [json.loads(line) for line in configured.read_text().splitlines()]
    assert (ours["event"], ours["answer"], ours["level"], ours["logger"]) == ("ours", 42, "info", "api.test")
    assert theirs["event"] == "theirs too\n\x1b[31m"
    assert "ValueError: broken" in failed["exception"]
    assert {line["request_id"] for line in (ours, theirs, failed)} == {"request-1"}
    assert {line["trace_id"] for line in (ours, theirs, failed)} == {"4bf92f3577b34da6a3ce929d0e0e4736"}
    assert all("timestamp" in line for line in (ours, theirs, failed))


@pytest.mark.parametrize(
    "text",
    ['x\n{"event":"model serves","level":"info"}', "x\r\nx", "\x1b[2J\x00", "\u2028\u2029", "\ud800", '"}{"'],
    ids=ascii,
)
def test_nothing_in_a_text_from_outside_makes_a_line_of_its_own(configured: Path, text: str) -> None:
    structlog.stdlib.get_logger("api.test").error("request failed", path=text)
    # pytest hands a library's lines on to the process that reports, as UTF-8
    foreign = text.encode("utf-8", "ignore").decode()
    logging.getLogger("gunicorn.error").warning("theirs %s", foreign)
    lines = configured.read_bytes().split(b"\n")
    assert lines.pop() == b""
    ours, theirs = [json.loads(line) for line in lines]
    assert (ours["path"], theirs["event"]) == (text, f"theirs {foreign}")
    assert not any(byte < 32 for line in lines for byte in line)
