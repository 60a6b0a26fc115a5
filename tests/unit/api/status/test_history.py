"""The history stays within its bounds, has one writer, and survives what happens to files."""

from pathlib import Path
from typing import Any

from api.status.history import FILE, MOST_BYTES, MOST_LINES, History, thinned


def sample(at: float, **counts: float) -> dict[str, Any]:
    return {"at": at, "counts": counts}


def test_what_one_wrote_another_reads(tmp_path: Path) -> None:
    writer, reader = History(tmp_path), History(tmp_path)
    writer.append(sample(1.0, a=2))
    assert reader.read() == [sample(1.0, a=2)]
    writer.append(sample(2.0, a=3))
    assert [one["at"] for one in reader.read()] == [1.0, 2.0]


def test_one_process_writes_and_another_follows_when_it_is_gone(tmp_path: Path) -> None:
    first, second = History(tmp_path), History(tmp_path)
    assert first.is_writer()
    assert not second.is_writer()
    first.close()
    assert second.is_writer()
    second.close()


def test_without_a_folder_nobody_writes_and_nothing_is_read(tmp_path: Path) -> None:
    history = History(tmp_path / "gone")
    assert not history.is_writer()
    assert history.read() == []


def test_a_torn_or_foreign_line_is_left_out(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b'[]\n7\n{"counts":{}}\n\xff\n{"at":3,"counts":{}}\n{"at":4,"cou')
    assert [one["at"] for one in History(tmp_path).read()] == [3.0]


def test_two_days_of_samples_stay_within_the_lines_and_the_bytes(tmp_path: Path) -> None:
    history = History(tmp_path)
    lines = [sample(15.0 * place, **{f"counter{one}": place for one in range(40)}) for place in range(2 * 5760)]
    (tmp_path / FILE).write_bytes(b"")
    largest = 0
    for one in lines[:1200]:
        history.append(one)
        largest = max(largest, (tmp_path / FILE).stat().st_size)
    assert len(history.read()) <= MOST_LINES
    assert largest <= MOST_BYTES
    assert history.read()[-1]["at"] == lines[1199]["at"]
    assert len(thinned(lines, now=lines[-1]["at"])) <= 3900 / 15 + 86400 / 300 + 2


def test_one_wide_table_drops_the_oldest_samples_first(tmp_path: Path) -> None:
    history = History(tmp_path)
    wide = {f"bin of a feature with a long name {one}": 1.0 for one in range(5000)}
    for place in range(30):
        history.append(sample(15.0 * place, **wide))
    assert (tmp_path / FILE).stat().st_size <= MOST_BYTES
    assert history.read()[-1]["at"] == 15.0 * 29
    assert history.read()[0]["cut"] is True
