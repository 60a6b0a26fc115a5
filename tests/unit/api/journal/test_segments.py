"""A segment is locked while it is written, closes by size and age, and is replaced when it is gone."""

import fcntl
import os
from pathlib import Path

import pytest

from api.journal.unsynced import Unsynced
from api.journal.writer import Journal
from tests.support.clocks import Clock
from tests.support.journals import frames
from tests.support.written_journals import is_locked, opened, payloads


def test_a_live_segment_is_locked_and_a_closed_one_is_not(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append([b"one"])
    (segment,) = tmp_path.glob("0-*.journal")
    assert is_locked(segment)
    journal.close()
    assert not is_locked(segment)


def test_a_segment_closes_by_size_between_frames(tmp_path: Path) -> None:
    journal = opened(tmp_path, largest_segment=30)
    for number in range(5):
        journal.append([b"%d" % number * 10])
    assert [len(frames(segment)) for segment in sorted(tmp_path.glob("*.journal"))] == [1] * 5


def test_a_segment_that_ends_is_live_until_it_is_synced_which_no_append_waits_for(tmp_path: Path) -> None:
    journal = Journal(tmp_path, 0, fsync="interval", largest_segment=30)
    journal.open()
    for number in range(3):
        journal.append([b"%d" % number * 10])
    *ended, live = sorted(tmp_path.glob("*.journal"))
    assert [is_locked(segment) for segment in (*ended, live)] == [True, True, True]
    sync = journal.begin_sync()
    assert sync is not None
    sync()
    assert [is_locked(segment) for segment in (*ended, live)] == [False, False, True]
    journal.append([b"3" * 10])
    journal.close()
    assert not any(is_locked(segment) for segment in tmp_path.glob("*.journal"))


def test_a_file_that_can_not_be_synced_is_logged_and_keeps_no_other_from_it(tmp_path: Path) -> None:
    unsynced, (reads, writes) = Unsynced(), os.pipe()
    with (tmp_path / "good").open("wb") as good:
        fcntl.flock(good, fcntl.LOCK_EX)
        for fd in (os.dup(good.fileno()), reads, writes):
            unsynced.keep(fd)
    assert is_locked(tmp_path / "good")
    sync = unsynced.take(None)
    assert sync is not None
    with pytest.raises(OSError, match="Invalid argument"):
        sync()
    assert not is_locked(tmp_path / "good")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(writes)
    assert unsynced.take(None) is None


def test_a_segment_closes_by_age_only_when_it_holds_a_frame(tmp_path: Path) -> None:
    clock = Clock(0.0)
    journal = opened(tmp_path, clock=clock)
    clock.now = 61
    journal.maintain()
    journal.append([b"one"])
    assert len(list(tmp_path.glob("*.journal"))) == 1
    journal.maintain()
    journal.append([b"two"])
    assert len(list(tmp_path.glob("*.journal"))) == 2


def test_an_empty_segment_is_not_left_behind(tmp_path: Path) -> None:
    opened(tmp_path).close()
    assert list(tmp_path.iterdir()) == []


def test_a_segment_deleted_while_it_is_written_is_replaced(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append([b"one"])
    (segment,) = tmp_path.glob("*.journal")
    segment.unlink()
    journal.maintain()
    journal.append([b"two"])
    assert payloads(tmp_path) == [b"two"]


def test_what_a_dead_worker_of_the_same_slot_left_half_made_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".0-leftover.journal").touch()
    os.utime(tmp_path / ".0-leftover.journal", (0, 0))
    (tmp_path / ".01-of-another-slot.journal").touch()
    (tmp_path / "0-left-behind.journal").touch()
    opened(tmp_path)
    assert not (tmp_path / ".0-leftover.journal").exists()
    assert (tmp_path / ".01-of-another-slot.journal").exists()
    assert (tmp_path / "0-left-behind.journal").exists()


def test_a_segment_that_a_neighbour_on_the_same_folder_is_making_stays(tmp_path: Path) -> None:
    (tmp_path / ".0-neighbour.journal").touch()
    opened(tmp_path).close()
    assert (tmp_path / ".0-neighbour.journal").exists()
