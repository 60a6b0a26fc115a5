"""A backup is whole or it is none: damaged ones change nothing; SQLite is copied as of one moment."""

import fcntl
import io
import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from scripts.backup import archive, embedded
from scripts.backup.__main__ import main
from scripts.backup.errors import ArchiveError, BackupError


@pytest.fixture(autouse=True)
def without_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An embedded platform with three predictions, a registry and an artifact."""
    root = tmp_path / "checkout"
    for path in embedded.DATABASES.values():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        insert(root / path, 3)
    (root / embedded.FOLDER / "1/run").mkdir(parents=True)
    (root / embedded.FOLDER / "1/run/model.onnx").write_bytes(b"a model")
    return root


def insert(path: Path, rows: int) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE IF NOT EXISTS predictions (id INTEGER PRIMARY KEY)")
        connection.executemany("INSERT INTO predictions DEFAULT VALUES", [()] * rows)


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        found: int = connection.execute("SELECT count(*) FROM predictions").fetchone()[0]
    return found


def save(home: Path, file: Path) -> None:
    assert main(["save", "--root", str(home), "--file", str(file)]) == 0


def restore(home: Path, file: Path) -> int:
    return main(["restore", "--root", str(home), "--file", str(file), "--force"])


def test_what_was_there_at_the_backup_is_there_after_it_was_restored(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "backups/one.tar"
    save(home, file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["one.tar"]
    for path in embedded.DATABASES.values():
        insert(home / path, 4)
    (home / embedded.FOLDER / "1/run/model.onnx").unlink()

    assert restore(home, file) == 0

    assert [count(home / path) for path in embedded.DATABASES.values()] == [3, 3]
    assert (home / embedded.FOLDER / "1/run/model.onnx").read_bytes() == b"a model"


def test_a_database_that_is_being_written_is_copied_as_of_its_last_commit(home: Path, tmp_path: Path) -> None:
    audit = home / embedded.DATABASES["predictions.db"]
    with closing(sqlite3.connect(audit, isolation_level=None)) as writer:
        writer.execute("BEGIN")
        writer.execute("INSERT INTO predictions DEFAULT VALUES")
        save(home, tmp_path / "one.tar")
        writer.execute("COMMIT")

    restore(home, tmp_path / "one.tar")
    assert count(audit) == 3


def test_another_checkout_that_never_ran_takes_a_backup_too(home: Path, tmp_path: Path) -> None:
    save(home, tmp_path / "one.tar")
    assert restore(tmp_path / "fresh", tmp_path / "one.tar") == 0
    assert count(tmp_path / "fresh" / embedded.DATABASES["mlflow.db"]) == 3


@pytest.mark.parametrize("place", [0.05, 0.3, 0.5, 0.9])
def test_one_changed_bit_anywhere_is_found_before_anything_is_changed(home: Path, tmp_path: Path, place: float) -> None:
    file = tmp_path / "one.tar"
    save(home, file)
    content = bytearray(file.read_bytes())
    with tarfile.open(file) as tar:
        members = tar.getmembers()
    member = members[int(place * len(members))]
    content[member.offset_data + member.size // 2] ^= 1
    file.write_bytes(content)
    insert(home / embedded.DATABASES["predictions.db"], 1)

    assert restore(home, file) == 1
    assert count(home / embedded.DATABASES["predictions.db"]) == 4


@pytest.mark.parametrize("length", [0, 100, 600, 5000])
def test_an_archive_that_was_cut_off_is_refused(home: Path, tmp_path: Path, length: int) -> None:
    file = tmp_path / "one.tar"
    save(home, file)
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(ArchiveError), archive.opened(file):
        pass


def test_a_file_that_is_missing_added_or_leads_outside_is_refused(tmp_path: Path) -> None:
    def made(*names: str) -> Path:
        path = tmp_path / "made.tar"
        manifest = {"format": 1, "kind": "embedded", "made_at": "now", "files": {}}
        with tarfile.open(path, "w") as tar:
            for name, content in [("manifest.json", json.dumps(manifest).encode()), *((name, b"x") for name in names)]:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return path

    with archive.opened(made()) as (manifest, _):
        assert manifest.files == {}
    for names in (["extra"], ["../outside"], ["/outside"]):
        with pytest.raises(ArchiveError), archive.opened(made(*names)):
            pass
    with pytest.raises(ArchiveError, match="can't be read"), archive.opened(tmp_path / "no such file"):
        pass


def test_a_format_from_the_future_is_refused(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "FORMAT", 2)
    save(home, tmp_path / "one.tar")
    monkeypatch.undo()
    with pytest.raises(ArchiveError, match="does not know"), archive.opened(tmp_path / "one.tar"):
        pass


def test_a_running_platform_is_not_pulled_from_under_its_processes(home: Path, tmp_path: Path) -> None:
    save(home, tmp_path / "one.tar")
    (home / "var/run").mkdir(parents=True)
    with (home / "var/run/courier.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BackupError, match="courier is running"), archive.opened(tmp_path / "one.tar") as (_, files):
            embedded.restore(home, files)


def test_without_a_yes_nothing_is_restored_and_without_a_platform_nothing_is_saved(home: Path, tmp_path: Path) -> None:
    save(home, tmp_path / "one.tar")
    insert(home / embedded.DATABASES["predictions.db"], 1)
    assert main(["restore", "--root", str(home), "--file", str(tmp_path / "one.tar")]) == 2
    assert count(home / embedded.DATABASES["predictions.db"]) == 4
    assert main(["save", "--root", str(tmp_path / "empty"), "--file", str(tmp_path / "two.tar")]) == 1
    assert not (tmp_path / "two.tar").exists()
