"""Which segments there are, who writes them, and how far each has landed."""

import os
from pathlib import Path

import pytest

from courier.errors import JournalInUseError
from courier.journal.backlog import Backlog
from courier.journal.segments import Cursor, Journal
from tests.unit.courier.journals import encode, open_writer, prediction, write_segment

NAME = "0-01939c00-0000-7000-8000-000000000000"


def test_segments_are_listed_by_time_whatever_their_slot_and_hidden_ones_are_not(tmp_path: Path) -> None:
    for name in ("1-01", "0-03", "12-02", ".0-00"):
        write_segment(tmp_path, b"", name)
    (tmp_path / "notes.txt").touch()

    assert Journal(tmp_path).names() == ["1-01", "12-02", "0-03"]


def test_a_directory_that_is_missing_has_no_segments(tmp_path: Path) -> None:
    assert Journal(tmp_path / "nowhere").names() == []


def test_a_segment_is_closed_once_its_writer_is_gone(tmp_path: Path) -> None:
    path, journal = write_segment(tmp_path, b"x"), Journal(tmp_path)

    with open_writer(path), journal.open(NAME) as segment:
        assert segment is not None
        assert not segment.closed()
    with journal.open(NAME) as segment:
        assert segment is not None
        assert segment.closed()


def test_an_empty_segment_may_be_about_to_be_locked_and_is_left_alone_for_a_while(tmp_path: Path) -> None:
    path, journal = write_segment(tmp_path, b""), Journal(tmp_path)

    with journal.open(NAME) as segment:
        assert segment is not None
        assert not segment.closed()
        os.utime(path, (0, 0))
        assert segment.closed()


def test_a_cursor_survives_the_process_and_a_wrong_one_means_from_the_start(tmp_path: Path) -> None:
    write_segment(tmp_path, b"x" * 10)
    Journal(tmp_path).advance(NAME, Cursor(7, 2))

    assert Journal(tmp_path).cursor(NAME) == Cursor(7, 2)
    for wrong in ("", "seven 2", "11 2", "-1 0", "7"):
        (tmp_path / f"{NAME}.cursor").write_text(wrong)
        assert Journal(tmp_path).cursor(NAME) == Cursor()


def test_where_a_cursor_cannot_be_written_it_still_holds_in_memory(tmp_path: Path) -> None:
    write_segment(tmp_path, b"x" * 10)
    journal = Journal(tmp_path)
    (tmp_path / f"{NAME}.cursor").mkdir()

    with pytest.raises(OSError, match="cursor"):
        journal.advance(NAME, Cursor(7, 2))
    assert journal.cursor(NAME) == Cursor(7, 2)


def test_a_second_courier_on_the_same_journal_is_refused(tmp_path: Path) -> None:
    with (
        Journal(tmp_path / "new").held(),
        pytest.raises(JournalInUseError, match="only one"),
        Journal(tmp_path / "new").held(),
    ):
        pass
    with Journal(tmp_path / "new").held():
        pass


def test_cursors_without_a_segment_are_swept_at_the_start(tmp_path: Path) -> None:
    write_segment(tmp_path, b"x" * 10)
    for name in (f"{NAME}.cursor", "0-gone.cursor", f"{NAME}.cursor-new"):
        (tmp_path / name).write_text("1 0")

    with Journal(tmp_path).held():
        pass

    assert [path.name for path in tmp_path.glob("*.cursor*")] == [f"{NAME}.cursor"]


def test_the_backlog_counts_what_has_not_landed_and_how_old_it_is(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    backlog = Backlog(journal)
    assert backlog.survey().records == 0

    first = encode(prediction(at="2020-01-01T00:00:00Z"))
    path = write_segment(tmp_path, first + encode(prediction(), prediction()) + b"\x00\x00")
    pending = backlog.survey()
    assert pending.records == 3
    assert pending.oldest_seconds > 5 * 365 * 86400

    journal.advance(NAME, Cursor(len(first), 1))
    assert backlog.survey().records == 2
    assert backlog.survey().oldest_seconds < pending.oldest_seconds - 5 * 365 * 86400
    path.write_bytes(path.read_bytes()[:-2] + encode(prediction()))
    assert backlog.survey().records == 3
    journal.advance(NAME, Cursor(path.stat().st_size, 4))
    assert backlog.survey() == type(pending)(0, 0.0)
    journal.discard(NAME)
    assert backlog.survey().records == 0
