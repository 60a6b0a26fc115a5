"""A scoring that is killed twenty times ends with the bytes of one that never was, and no row twice."""

import multiprocessing
import pickle
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from signal import SIGKILL
from typing import Any

import pandas as pd
import pytest
import pytest_socket
import structlog
from prometheus_client import CollectorRegistry

from courier.http.host_check import HostCheck
from courier.http.pages import make_pages
from courier.http.server import serving
from courier.journal.outbox import Outbox
from courier.journal.segments import Journal
from courier.landing.landing import Landing
from courier.metrics import Metrics
from courier.store.reader import Reader
from courier.store.sqlite import SqliteStore
from courier.store.sqlite_source import SqliteSource
from tests.unit.trainer.scoring import job
from tests.unit.trainer.scoring.conftest import Kinds
from trainer.scoring import tables
from trainer.scoring.model import Model
from trainer.scoring.request import ScoringRequest
from trainer.scoring.scoring import score

pytestmark = pytest.mark.parametrize("kinds", ["many"], indirect=True)
"""One task is enough: each start reads all the libraries."""

KILLS = 20
MODULE = "tests.unit.trainer.scoring.job"


@pytest.fixture
def model(kinds: Kinds, tmp_path: Path) -> Model:
    """A registered version; the file `model` holds it."""
    made = Model(replace(kinds.model.contender, version="3"))
    (tmp_path / "model").write_bytes(pickle.dumps(made))
    return made


def written(kinds: Kinds, folder: Path, count: int) -> Path:
    """The file `rows.csv` of so many rows."""
    header, *rows = kinds.csv.splitlines(keepends=True)
    file = folder / "rows.csv"
    file.write_bytes(header + b"".join((rows * (count // len(rows) + 1))[:count]))
    return file


class Courier:
    """The courier's own pages, journal and landing, with a store in a file; it lands when the test says so."""

    def __init__(self, folder: Path) -> None:
        self.store = SqliteStore(folder / "audit.db")
        self.file = folder / "audit.db"
        log = structlog.get_logger()
        journal, metrics = Journal(folder / "journal"), Metrics(CollectorRegistry())
        self.landing = Landing(journal, self.store, metrics, log, 0.1)
        self.pages = make_pages(
            metrics.registry, lambda: (True, {}), Outbox(folder / "journal"),
            lambda: Reader(SqliteSource(self.file), "m"), log,
        )  # fmt: skip

    def asked(self, statement: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.file) as connection:
            return connection.execute(statement).fetchall()


@pytest.fixture
def courier(tmp_path: Path) -> Iterator[tuple[Courier, str]]:
    pytest_socket.enable_socket()
    made = Courier(tmp_path)
    with serving("127.0.0.1", 0, made.pages, structlog.get_logger(), HostCheck.read("courier", "", "")) as port:
        yield made, f"http://127.0.0.1:{port}"
    made.store.close()


def scoring(model: Path, source: Path, target: Path, courier: str = "") -> BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["trainer.scoring.scoring", "trainer.scoring.recording", MODULE])
    process = context.Process(target=job.run, args=(model, source, target, courier))
    process.start()
    return process


def killed(begin: Callable[[], BaseProcess], progress: Callable[[], int], more: int, draw: Random) -> None:
    """Start it and kill it once it has made so many more parts, or handed as many over, wherever it then is."""
    before = progress()
    process = begin()
    while process.is_alive() and progress() < before + more:
        time.sleep(0.001)
    time.sleep(draw.random() * 0.005)
    process.kill()
    process.join()
    assert process.exitcode == -SIGKILL


def ended(process: BaseProcess) -> None:
    process.join(120)
    assert process.exitcode == 0


@pytest.mark.timeout(600)
def test_killed_twenty_times_it_writes_the_same_bytes_once(
    kinds: Kinds, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = written(kinds, tmp_path, 4000)
    monkeypatch.setattr(tables, "MOST_ROWS", 40)
    score(ScoringRequest(source, tmp_path / "whole.parquet"), model)
    target, folder, draw = tmp_path / "out.parquet", tmp_path / ".out.parquet.parts", Random(7)
    for _ in range(KILLS):
        killed(
            lambda: scoring(tmp_path / "model", source, target),
            lambda: len([*folder.glob("part-*.json")]),
            draw.randrange(1, 4),
            draw,
        )
        assert not target.exists()
    ended(scoring(tmp_path / "model", source, target))
    assert target.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert len(pd.read_parquet(target)) == 4000


@pytest.mark.timeout(600)
def test_killed_twenty_times_each_row_is_in_the_audit_once(
    kinds: Kinds, model: Model, tmp_path: Path, courier: tuple[Courier, str]
) -> None:
    """Also where records are sent again: before, while and after those that came first have landed."""
    source, (carrier, address) = written(kinds, tmp_path, 2000), courier
    target, folder, draw = tmp_path / "out.parquet", tmp_path / ".out.parquet.parts", Random(11)

    def progress() -> int:
        return len([*folder.glob("part-*.json")]) + len([*(tmp_path / "journal").glob("*.journal")])

    for turn in range(KILLS):
        # The parts come first: most kills shall meet the records on their way.
        more = draw.randrange(6, 9) if turn < 6 else draw.randrange(1, 4)
        killed(lambda: scoring(tmp_path / "model", source, target, address), progress, more, draw)
        if turn % 3 == 0:
            carrier.landing.finish(30)
        assert not target.exists()
    process = scoring(tmp_path / "model", source, target, address)
    while process.is_alive():
        carrier.landing.step()
    ended(process)
    assert carrier.landing.finish(30)
    table = pd.read_parquet(target)
    ids = {one for (one,) in carrier.asked("SELECT id FROM predictions")}
    assert ids == set(table["prediction_id"])
    assert len(ids) == len(table) == 2000
    assert carrier.asked("SELECT sum(rows), sum(quarantined), min(finished) FROM segments") == [(2000, 0, 1)]
    rows: dict[str, str] = dict(carrier.asked("SELECT id, label FROM predictions"))
    assert [rows[one] for one in table["prediction_id"]] == list(table["label_name"])


def test_a_file_that_may_not_grow_is_an_error_that_keeps_the_parts(kinds: Kinds, model: Model, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(kinds.csv)
    limited = f"""
import resource, sys
from pathlib import Path
from {MODULE} import run
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, resource.RLIM_INFINITY))
run(*map(Path, sys.argv[1:4]), courier="")
"""
    words = [
        sys.executable,
        "-c",
        limited,
        str(tmp_path / "model"),
        str(tmp_path / "rows.csv"),
        str(tmp_path / "o.csv"),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "can't be written: the file is larger than this system allows. Finished parts are kept" in done.stderr
    assert not (tmp_path / "o.csv").exists()
    assert list((tmp_path / ".o.csv.parts").glob("part-*.csv"))
    ended(scoring(tmp_path / "model", tmp_path / "rows.csv", tmp_path / "o.csv"))
