"""The courier as a process: killed at any moment it loses nothing and doubles nothing, and it ends in good order."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import httpx2
import psycopg
import pytest

from courier.landing.batch import BATCH_ROWS
from tests.support.servers import Server, free_port, http_answers, wait_until
from tests.unit.courier.journals import encode, feedback, open_writer, prediction, write_segment

KILLS = 4


@pytest.fixture(params=["sqlite", "postgres"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """A courier's environment: no registry, an empty folder, a store of either kind."""
    database = {}
    if request.param == "postgres":
        secret = tmp_path / "database_url"
        secret.write_text(f"{request.getfixturevalue('postgres_url')}\n")
        database = {"DATABASE_URL_FILE": str(secret)}
    return {
        **os.environ,
        **database,
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}",
        "COURIER_PORT": str(free_port()),
        "DRAIN_POLL_SECONDS": "0.05",
    }


def courier(environment: dict[str, str], folder: Path) -> Server:
    return Server([sys.executable, "-m", "courier"], environment, log=folder / "courier.out", cwd=folder)


def stored_ids(environment: dict[str, str], folder: Path) -> list[str]:
    query = "SELECT CAST(id AS text) FROM predictions"
    if "DATABASE_URL_FILE" in environment:
        with psycopg.connect(Path(environment["DATABASE_URL_FILE"]).read_text().strip()) as connection:
            try:
                return [id_ for (id_,) in connection.execute(query)]
            except psycopg.errors.UndefinedTable:
                return []
    path = folder / "logs" / "predictions.db"
    if not path.exists():
        return []
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        try:
            return [id_ for (id_,) in connection.execute(query)]
        except sqlite3.OperationalError:
            return []


def page(environment: dict[str, str], name: str) -> httpx2.Response:
    return httpx2.get(f"http://127.0.0.1:{environment['COURIER_PORT']}/{name}", timeout=10)


def test_killed_again_and_again_while_a_writer_appends_it_loses_and_doubles_nothing(
    environment: dict[str, str], tmp_path: Path
) -> None:
    journal, written, dice = tmp_path / "var" / "journal", list[str](), random.Random(7)
    journal.mkdir(parents=True)

    def write_until(stop: Event) -> None:
        while not stop.is_set():
            with open_writer(journal / f"0-{time.time_ns()}.journal") as writer:
                for _ in range(200):
                    ids = [str(uuid4()) for _ in range(dice.choice((1, 1, 1, 50)))]
                    writer.write(encode(prediction(ids)))
                    written.extend(ids)
                    stop.wait(0.001)

    def landed_more_than(count: int) -> bool:
        return len(stored_ids(environment, tmp_path)) > count

    stop = Event()
    writer = Thread(target=write_until, args=[stop])
    writer.start()
    try:
        for _ in range(KILLS):
            with courier(environment, tmp_path) as process:
                before = len(stored_ids(environment, tmp_path))
                process.wait_until(partial(landed_more_than, before), "it lands", 60)
                process.process.kill()
                process.process.wait()
    finally:
        stop.set()
        writer.join()
    with courier(environment, tmp_path) as process:
        process.wait_until(lambda: not list(journal.glob("*.journal")), "the journal is drained", 60)

    stored = stored_ids(environment, tmp_path)
    assert len(stored) == len(set(stored))
    assert set(stored) == set(written)


def test_killed_between_commit_and_cursor_it_lands_each_row_once(environment: dict[str, str], tmp_path: Path) -> None:
    ids = [str(uuid4()) for _ in range(BATCH_ROWS + 1000)]
    content = encode(*(prediction([id_]) for id_ in ids))
    write_segment(tmp_path / "var" / "journal", content)

    killed = 0
    while (
        subprocess.run(
            [sys.executable, "-m", "tests.integration.courier_killed_after_commit"],
            env={**environment, "PYTHONPATH": str(Path(__file__).parents[2])},
            cwd=tmp_path,
            check=False,
            timeout=60,
        ).returncode
        == -signal.SIGKILL
    ):
        killed += 1
        if killed == 3:
            break
    assert killed == 3
    assert not list((tmp_path / "var" / "journal").glob("*.cursor"))
    assert 0 < len(stored_ids(environment, tmp_path)) < len(ids)

    with courier(environment, tmp_path):
        wait_until(lambda: not list((tmp_path / "var" / "journal").iterdir()), "the journal is drained", 30)
    assert sorted(stored_ids(environment, tmp_path)) == sorted(ids)


def test_it_starts_with_nothing_reachable_says_so_and_ends_with_exit_code_zero(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}",
        "DATABASE_URL": f"postgresql://courier:s3cret@127.0.0.1:{free_port()}/audit",
        "COURIER_PORT": str(free_port()),
        "LOG_DIR": str(tmp_path / "logs"),
    }
    write_segment(tmp_path / "var" / "journal", encode(prediction(), prediction()))
    health = f"http://127.0.0.1:{environment['COURIER_PORT']}/health"
    with courier(environment, tmp_path) as server:
        server.wait_until(lambda: http_answers(health), "the courier is healthy", 30)
        server.wait_until(
            lambda: 'polls_total{outcome="unavailable"} 1' in page(environment, "metrics").text, "a poll", 60
        )
        metrics, report = page(environment, "metrics"), page(environment, "health").json()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=20) == 0

    assert report["ok"]
    assert (report["registry"]["up"], report["store"]["up"]) == (False, False)
    assert report["journal"]["pending_records"] == 2
    assert metrics.headers["content-type"].startswith("text/plain; version=")
    assert "journal_pending_records 2.0" in metrics.text
    assert "store_up 0.0" in metrics.text
    assert len(list((tmp_path / "var" / "journal").glob("*.journal"))) == 1
    lines = (tmp_path / "courier.out").read_text()
    assert (tmp_path / "logs" / "courier.log").read_text() == lines
    assert "s3cret" not in lines
    assert {json.loads(line)["event"] for line in lines.splitlines()} >= {"courier started", "courier stopped"}


def test_a_stop_lands_what_is_there_first(environment: dict[str, str], tmp_path: Path) -> None:
    environment["DRAIN_POLL_SECONDS"] = "600"
    first, second = str(uuid4()), str(uuid4())
    write_segment(tmp_path / "var" / "journal", encode(prediction([first])), "0-01")
    with courier(environment, tmp_path) as server:
        server.wait_until(lambda: stored_ids(environment, tmp_path) == [first], "the first round is over", 30)
        write_segment(tmp_path / "var" / "journal", encode(prediction([second]), feedback(second)), "0-02")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=20) == 0

    assert sorted(stored_ids(environment, tmp_path)) == sorted([first, second])


def test_a_store_that_comes_back_is_used_again(postgres_url: str, tmp_path: Path) -> None:
    """The database's name stands for its server: renaming it away cuts the courier off, as a stop would."""
    base, _, name = postgres_url.rpartition("/")
    journal = tmp_path / "var" / "journal"
    environment = {
        **os.environ,
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}",
        "DATABASE_URL": postgres_url,
        "COURIER_PORT": str(free_port()),
    }
    with courier(environment, tmp_path) as server, psycopg.connect(f"{base}/postgres", autocommit=True) as admin:
        server.wait_until(
            lambda: http_answers(f"http://127.0.0.1:{environment['COURIER_PORT']}/health"), "it is up", 30
        )
        server.wait_until(lambda: "store_up 1.0" in page(environment, "metrics").text, "the store is up", 30)
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        write_segment(journal, encode(prediction()))
        server.wait_until(lambda: "store_up 0.0" in page(environment, "metrics").text, "the store is missed", 30)
        assert "journal_pending_records 1.0" in page(environment, "metrics").text

        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        server.wait_until(lambda: not list(journal.glob("*.journal")), "the journal is drained", 30)
        assert "store_up 1.0" in page(environment, "metrics").text


def test_a_second_courier_on_the_same_journal_does_not_start(environment: dict[str, str], tmp_path: Path) -> None:
    with courier(environment, tmp_path) as server:
        server.wait_until(
            lambda: http_answers(f"http://127.0.0.1:{environment['COURIER_PORT']}/health"), "it is up", 30
        )
        second = subprocess.run(
            [sys.executable, "-m", "courier"],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert second.returncode == 1
    assert "only one may" in second.stdout


def test_status_is_readable_beside_a_running_courier(environment: dict[str, str], tmp_path: Path) -> None:
    write_segment(tmp_path / "var" / "journal", encode(prediction()))
    with courier(environment, tmp_path) as server:
        server.wait_until(lambda: len(stored_ids(environment, tmp_path)) == 1, "the row has landed", 30)
        done = subprocess.run(
            [sys.executable, "-m", "courier", "status"],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
    report = json.loads(done.stdout)
    assert (report["policy"], report["journal"]["pending_records"]) == (None, 0)
    assert (report["store"]["up"], report["store"]["predictions"]) == (True, 1)
    assert report["store"]["bytes"] > 4096
    assert report["store"]["retention_days"] is None
