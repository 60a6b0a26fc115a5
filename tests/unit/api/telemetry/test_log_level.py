"""The log's level from a file, in the api and, alike, in the courier."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from structlog.typing import FilteringBoundLogger

from api.telemetry.log_level import LevelFile as ApiLevelFile
from courier.log_level import LevelFile as CourierLevelFile

Look = Callable[[], object]


@pytest.fixture(autouse=True)
def root_level() -> Iterator[None]:
    before = logging.getLogger().level
    logging.getLogger().setLevel("INFO")
    yield
    logging.getLogger().setLevel(before)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "log-level"


@pytest.fixture(params=["api", "courier"])
def look(request: pytest.FixtureRequest, file: Path) -> Look:
    if request.param == "courier":
        logger: FilteringBoundLogger = structlog.get_logger("courier")
        return CourierLevelFile(file, "INFO", logger).work
    level = ApiLevelFile(file, "INFO")
    return lambda: asyncio.run(level.step())


def level() -> str:
    return logging.getLevelName(logging.getLogger().level)


def test_the_level_follows_the_file_and_is_the_settings_own_without_it(look: Look, file: Path) -> None:
    look()
    assert level() == "INFO"
    for word in ("DEBUG\n", " error ", "Warning"):
        file.write_text(word)
        look()
        assert level() == word.strip().upper()
    file.unlink()
    look()
    assert level() == "INFO"


@pytest.mark.parametrize("content", [b"", b"LOUD", b"\xff\xfe", b"DEBUG" * 10_000, b"debug error"])
def test_an_unknown_log_level_changes_nothing_and_is_logged_once(
    look: Look, file: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text("WARNING")
    look()
    file.write_bytes(content)
    caplog.clear()
    look()
    look()
    assert level() == "WARNING"
    assert len([record for record in caplog.records if "does not contain a valid level" in record.getMessage()]) == 1


def test_a_folder_in_its_place_changes_nothing(look: Look, file: Path) -> None:
    file.mkdir()
    look()
    assert level() == "INFO"
