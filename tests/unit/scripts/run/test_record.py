"""var/run/platform.json: what runs is found, what is gone is not, and nothing of another checkout is."""

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.run import record
from scripts.run.record import FILE, Part
from scripts.run.start_times import birth


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own that waits to be ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def part(pid: int, *, address: str = "http://127.0.0.1:8000", born: str | None = None) -> Part:
    return Part(
        pid=pid, birth=born or birth(pid) or "", since="2026-11-28T07:00:00+00:00", verb="local", starter=os.getpid(),
        starter_birth=birth(os.getpid()), address=address, registry="http://someone:s3cret@127.0.0.1:5000",
        model="iris_clf", serving_dir="/there/var/serving",
    )  # fmt: skip


def test_a_part_is_found_until_its_process_ends(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    record.add(tmp_path, "api", part(sleeper.pid))
    assert list(record.read(tmp_path)) == ["api"]
    sleeper.kill()
    sleeper.wait()
    assert record.read(tmp_path) == {}


def test_a_process_that_ended_and_is_not_waited_for_yet_is_gone(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    record.add(tmp_path, "api", part(sleeper.pid))
    assert sleeper.stdin is not None
    sleeper.stdin.close()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert record.read(tmp_path) == {}


def test_another_process_with_the_same_pid_is_not_the_part(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    record.add(tmp_path, "api", part(sleeper.pid))
    page = json.loads((tmp_path / FILE).read_text())
    page["parts"]["api"]["birth"] = page["parts"]["api"]["birth"] + "1"
    (tmp_path / FILE).write_text(json.dumps(page))
    assert record.read(tmp_path) == {}


def test_a_copied_checkout_does_not_take_the_first_ones_platform_for_its_own(tmp_path: Path) -> None:
    first, copy = tmp_path / "first", tmp_path / "copy"
    record.add(first, "api", part(os.getpid()))
    shutil.copytree(first, copy)
    assert (list(record.read(first)), record.read(copy)) == (["api"], {})


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"format": 2, "root": "/", "parts": {}}', b'{"parts": 1}'])
def test_a_damaged_file_is_nothing_running_and_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_bytes(content)
    assert record.read(tmp_path) == {}
    record.add(tmp_path, "api", part(os.getpid()))
    assert list(record.read(tmp_path)) == ["api"]


def test_the_file_is_private_and_goes_with_the_last_part(tmp_path: Path) -> None:
    for name in ("courier", "api"):
        record.add(tmp_path, name, part(os.getpid()))
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    record.remove(tmp_path, "courier", os.getpid())
    record.remove(tmp_path, "api", os.getpid() + 1)
    assert list(record.read(tmp_path)) == ["api"]
    record.remove(tmp_path, "api", os.getpid())
    assert [path.name for path in (tmp_path / FILE).parent.iterdir()] == [record.GUARD.name]


def test_addresses_are_shown_without_a_password(tmp_path: Path) -> None:
    lines = "\n".join(record.addresses({"courier": part(1), "api": part(2)}))
    assert "MLflow       http://127.0.0.1:5000" in lines
    assert "s3cret" not in lines
