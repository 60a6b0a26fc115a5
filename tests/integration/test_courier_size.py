"""An audit that fills its disk is announced by a running courier, unless a retention is set."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from courier.store.size import WARN_BYTES
from courier.store.sqlite import SqliteStore
from tests.support.servers import Server, free_port, http_answers
from tests.unit.courier.journals import encode, prediction, write_segment

WARNING = "the audit is large and nothing is ever deleted from it: set RETENTION_DAYS"
MORE = WARN_BYTES + 2**20


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    """A store of SQLite that takes as much of the disk as the warning needs: all behind its tables is a hole."""
    store = SqliteStore(tmp_path / "logs/predictions.db")
    store.open()
    store.close()
    os.truncate(tmp_path / "logs/predictions.db", MORE)
    return tmp_path / "logs/predictions.db"


@contextmanager
def courier(folder: Path, **settings: str) -> Iterator[str]:
    """The address of its pages, once it answers."""
    port = free_port()
    environment = {
        **os.environ,
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}",
        "COURIER_PORT": str(port),
        "SQLITE_PATH": "logs/predictions.db",
        **settings,
    }
    url = f"http://127.0.0.1:{port}"
    with Server([sys.executable, "-m", "courier"], environment, log=folder / "courier.log", cwd=folder) as server:
        server.wait_until(lambda: http_answers(f"{url}/health"), "the courier answers", 60)
        server.wait_until(lambda: store_of(url)["bytes"] is not None, "the audit was measured", 60)
        yield url


def store_of(url: str) -> dict[str, object]:
    found: dict[str, object] = httpx2.get(f"{url}/health", timeout=10).json()["store"]
    return found


def exported(url: str) -> dict[str, float]:
    lines = httpx2.get(f"{url}/metrics", timeout=10).text.splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")}


def test_an_audit_of_four_gigabytes_that_keeps_everything_is_announced(audit: Path, tmp_path: Path) -> None:
    write_segment(tmp_path / "var/journal", encode(prediction()))
    with courier(tmp_path) as url:
        store, figures = store_of(url), exported(url)
    assert (store["retention_days"], figures["audit_retention_days"]) == (None, 0)
    assert store["bytes"] == figures['audit_store_bytes{store="sqlite"}']
    assert figures['audit_store_bytes{store="sqlite"}'] >= audit.stat().st_size - 2**20 >= WARN_BYTES
    assert (tmp_path / "courier.log").read_text().count(WARNING) == 1


@pytest.mark.usefixtures("audit")
def test_one_with_a_retention_is_not_and_says_how_long(tmp_path: Path) -> None:
    with courier(tmp_path, RETENTION_DAYS="30") as url:
        store, figures = store_of(url), exported(url)
    assert (store["retention_days"], figures["audit_retention_days"]) == (30, 30)
    assert WARNING not in (tmp_path / "courier.log").read_text()
