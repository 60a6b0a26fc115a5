"""Whatever append() returned for is in the journal, whole; whatever it raised for is not."""

import fcntl
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import JournalUnavailableError, TooLargeError
from api.journal.unsynced import Unsynced
from api.journal.writer import Journal
from tests.support.journals import frames


def is_writable(journal: Journal) -> bool:
    """Asked again each time: mypy would take the attribute's last value for granted."""
    return journal.writable


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """What a full disk looks like: a write is cut short at this size of the file, the next one fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def opened(folder: Path, **options: object) -> Journal:
    journal = Journal(folder, 0, fsync="never", **options)  # type: ignore[arg-type]
    journal.open()
    return journal


def payloads(folder: Path) -> list[bytes]:
    return [payload for segment in sorted(folder.glob("*.journal")) for payload in frames(segment)]


def is_locked(segment: Path) -> bool:
    with segment.open() as reader:
        try:
            fcntl.flock(reader, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


@given(st.lists(st.tuples(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=3), st.booleans())))
def test_exactly_the_appends_that_returned_are_read_back(appends: list[tuple[list[bytes], bool]]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        journal = opened(folder, largest_segment=200)
        answered: list[bytes] = []
        for batch, disk_is_full in appends:
            size = max((s.stat().st_size for s in folder.glob("*.journal")), default=0)
            if disk_is_full:
                # anything from nothing to one byte too few
                with files_limited_to(size + (sum(map(len, batch)) % (8 * len(batch)))):
                    try:
                        journal.append(batch)
                        answered += batch
                    except JournalUnavailableError:
                        assert not journal.writable
            else:
                journal.append(batch)
                answered += batch
            assert payloads(folder) == answered
        journal.close()
        assert payloads(folder) == answered


def test_a_short_write_is_cut_off_again_and_the_next_append_works(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append([b"one"])
    with files_limited_to(20), pytest.raises(JournalUnavailableError):
        journal.append([b"two" * 10])
    assert payloads(tmp_path) == [b"one"]
    assert not journal.writable
    journal.append([b"three"])
    assert payloads(tmp_path) == [b"one", b"three"]
    assert journal.writable


def test_after_a_cut_nothing_is_written_below_what_a_reader_may_have_landed(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append([b"one"])
    (cut,) = tmp_path.glob("*.journal")
    size = cut.stat().st_size
    with files_limited_to(20), pytest.raises(JournalUnavailableError):
        journal.append([b"two" * 10])
    journal.append([b"three"])
    assert cut.stat().st_size == size
    assert len(list(tmp_path.glob("*.journal"))) == 2
    with cut.open() as reader:
        fcntl.flock(reader, fcntl.LOCK_SH | fcntl.LOCK_NB)


def test_a_segment_that_could_not_be_synced_is_written_no_more(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append([b"one"])
    (failed,) = tmp_path.glob("*.journal")
    journal.sync_failed(OSError(5, "Input/output error"))
    assert not is_writable(journal)
    journal.maintain()
    assert is_writable(journal)
    journal.append([b"two"])
    assert frames(failed) == [b"one"]
    assert payloads(tmp_path) == [b"one", b"two"]


def test_a_full_disk_is_found_to_have_room_again_without_any_request(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    with files_limited_to(10):
        with pytest.raises(JournalUnavailableError):
            journal.append([b"x" * 100])
        journal.maintain()
        assert not is_writable(journal)
    journal.maintain()
    assert is_writable(journal)
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_folder_that_can_not_be_made_is_no_journal_until_it_can(tmp_path: Path) -> None:
    blocker = tmp_path / "journal"
    blocker.write_text("a file where the folder should be")
    journal = opened(blocker)
    assert not journal.writable
    with pytest.raises(JournalUnavailableError):
        journal.append([b"one"])
    blocker.unlink()
    journal.maintain()
    journal.append([b"two"])
    assert payloads(blocker) == [b"two"]


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
    clock = Clock()
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


def test_a_payload_that_no_frame_can_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLargeError):
        opened(tmp_path).append([bytes(64 * 1024 * 1024 + 1)])
    assert payloads(tmp_path) == []


@pytest.mark.parametrize(("mode", "left_to_sync"), [("never", False), ("interval", True), ("always", False)])
def test_only_interval_leaves_syncing_for_later(tmp_path: Path, mode: str, left_to_sync: bool) -> None:
    journal = Journal(tmp_path, 0, fsync=mode)  # type: ignore[arg-type]
    journal.open()
    journal.append([b"one"])
    sync = journal.begin_sync()
    assert (sync is not None) == left_to_sync
    if sync is not None:
        journal.close()
        sync()
    assert journal.begin_sync() is None
