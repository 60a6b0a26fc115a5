"""Whatever append() returned for is in the journal, whole; whatever it raised for is not."""

import fcntl
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import JournalUnavailableError, TooLargeError
from api.journal.writer import Journal
from tests.support.journals import frames
from tests.support.written_journals import files_limited_to, opened, payloads


def is_writable(journal: Journal) -> bool:
    """Asked again each time: mypy would take the attribute's last value for granted."""
    return journal.writable


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
