"""The courier's verbs, against both stores: what they say is there is there, and what is missing is named."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import structlog
from prometheus_client import CollectorRegistry
from pyarrow import parquet

from courier.__main__ import main
from courier.identifiers import first_id_at
from courier.journal.segments import Journal
from courier.landing import batch
from courier.landing.landing import Landing
from courier.metrics import Metrics
from courier.store.postgres import PostgresStore
from courier.store.protocol import Store
from courier.store.sqlite import SqliteStore
from tests.integration.courier_store.rows import ask
from tests.unit.courier.journals import encode, feedback, frame, prediction, write_segment

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
EARLIER = NOW - timedelta(hours=2)


def made(moment: datetime, number: int) -> str:
    return str(UUID(int=UUID(first_id_at(moment)).int | 7 << 76 | 8 << 60 | number))


def answered(moment: datetime, *numbers: int, **changes: Any) -> dict[str, Any]:
    """A record of that moment."""
    return prediction([made(moment, number) for number in numbers], at=moment.isoformat(), **changes)


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store, which the environment names too."""
    monkeypatch.chdir(tmp_path)
    store: Store
    if request.param == "sqlite":
        store = SqliteStore(tmp_path / "logs/predictions.db")
    else:
        url: str = request.getfixturevalue("postgres_url")
        monkeypatch.setenv("DATABASE_URL", url)
        store = PostgresStore(lambda: url)
    store.open()
    yield store
    store.close()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "var/journal"


def land(store: Store, journal: Path) -> None:
    assert Landing(Journal(journal), store, Metrics(CollectorRegistry()), structlog.get_logger(), 0.5).finish(30)


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict[str, list[int]], list[str]]]:
    def ask_for(*arguments: str) -> tuple[int, dict[str, list[int]], list[str]]:
        """The exit code, the numbers of each hour, and the gaps."""
        capsys.readouterr()
        code = main(["verify", *arguments])
        _, *lines = capsys.readouterr().out.splitlines()
        hours = {line[:16]: [int(number) for number in line[16:].split()] for line in lines if line[:2] == "20"}
        return code, hours, [line for line in lines if line.startswith("gap")]

    return ask_for


def hour(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H}:00"


def test_each_hour_shows_what_landed_what_waits_and_what_was_refused(
    store: Store, journal: Path, verify: Callable[..., Any]
) -> None:
    poison = answered(EARLIER, 8, 9, latency_ms=-1)
    mixed = encode(answered(EARLIER, 1, 2, 3), answered(NOW, 4), feedback(made(EARLIER, 1), at=NOW.isoformat()), poison)
    write_segment(journal, mixed + frame(b"{}"), "0-01")
    land(store, journal)
    write_segment(journal, encode(answered(NOW, 5, 6)), "0-02")

    code, hours, gaps = verify()

    refused = hour(datetime.now(UTC))
    assert (code, gaps) == (0, [])
    assert hours.pop(hour(EARLIER)) == [3, 3, 0, 0, 0]
    assert sum(numbers[0] for numbers in hours.values()) == 7
    assert hours[hour(NOW)][1:3] == [2, 2]
    assert hours[refused][3] == 3


def test_rows_that_went_out_of_the_store_are_missed_by_hour(
    store: Store, journal: Path, verify: Callable[..., Any]
) -> None:
    write_segment(journal, encode(answered(EARLIER, 1, 2, 3), answered(NOW, 4)))
    land(store, journal)
    assert verify()[0] == 0
    _delete(store, made(EARLIER, 2))

    code, hours, gaps = verify()

    assert code == 3
    assert hours[hour(EARLIER)] == [3, 2, 0, 0, 1]
    assert gaps == [f"gap: {EARLIER:%Y-%m-%dT%H}:00: 1 rows landed once and are not in the store"]
    assert verify("--since", NOW.isoformat())[0] == 0


def _delete(store: Store, id_: str) -> None:
    assert isinstance(store, SqliteStore | PostgresStore)
    with store.transaction():
        store._open_connection.execute(f"DELETE FROM predictions WHERE id = '{id_}'")


def test_what_is_read_again_is_counted_once_and_parts_become_one(
    store: Store, journal: Path, verify: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "BATCH_ROWS", 2)
    content = encode(*(answered(NOW, number) for number in range(7)))
    for cursor in (None, "0 0", None):
        write_segment(journal, content, "0-01")
        if cursor:
            (journal / "0-01.cursor").write_text(cursor)
        land(store, journal)

    assert ask(store, "SELECT segment, position, rows FROM segments") == [("0-01", -1, 7)]
    assert verify()[1][hour(NOW)] == [7, 7, 0, 0, 0]


def test_a_segment_that_vanished_before_its_end_is_named(
    store: Store, journal: Path, verify: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "BATCH_ROWS", 1)
    path = write_segment(journal, encode(answered(NOW, 1), answered(NOW, 2)), "0-01")
    landing = Landing(Journal(journal), store, Metrics(CollectorRegistry()), structlog.get_logger(), 0.5)
    landing.step()
    assert verify()[0] == 0
    path.unlink()
    assert verify()[0] == 0, "another courier may hold it for all one knows"
    assert isinstance(store, SqliteStore | PostgresStore)
    store._open_connection.execute("UPDATE segments SET landed_at = '2026-01-01T00:00:00.000000+00:00'")

    code, _, gaps = verify()

    assert code == 3
    assert len(gaps) == 1
    assert "segment 0-01: read up to byte 0 or further at 2026-01-01T00:00:00Z, never to its end" in gaps[0]


def test_two_couriers_land_side_by_side_and_each_sees_nothing_missing(
    store: Store, journal: Path, tmp_path: Path, verify: Callable[..., Any]
) -> None:
    other = tmp_path / "other/journal"
    for number in range(4):
        write_segment(journal, encode(answered(NOW, number)), f"0-{number}")
        write_segment(other, encode(answered(NOW, 10 + number, 20 + number)), f"0-{number}-other")
        land(store, journal)
        land(store, other)

    code, hours, _ = verify()
    assert (code, hours[hour(NOW)]) == (0, [12, 12, 0, 0, 0])


def test_an_export_holds_a_range_of_time_as_it_was_answered(
    store: Store, journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("courier.cli.export.PAGE_ROWS", 2)
    records = [answered(EARLIER, number, rows=[[5.1, number]]) for number in range(5)]
    write_segment(journal, encode(*records, answered(NOW, 9, key="team")))
    land(store, journal)

    capsys.readouterr()
    assert main(["export"]) == 0
    everything = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["id"] for row in everything] == [*(made(EARLIER, n) for n in range(5)), made(NOW, 9)]
    assert [json.loads(row["features"])["petal_length"] for row in everything] == [0, 1, 2, 3, 4, 1]
    assert everything[-1]["api_key"] == "team"
    assert everything[0]["at"] == EARLIER.isoformat(timespec="microseconds")

    since, until = NOW.isoformat(), (NOW + timedelta(hours=1)).isoformat()
    for format_ in ("csv", "parquet"):
        assert (
            main(["export", "--since", since, "--until", until, "--format", format_, "--output", f"a.{format_}"]) == 0
        )
    assert (tmp_path / "a.csv").read_text().count("\n") == 2
    [row] = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert (row["id"], row["latency_ms"], row["trace_id"]) == (made(NOW, 9), 0.5, None)
    assert main(["export", "--until", EARLIER.isoformat(), "--format", "parquet", "--output", "none.parquet"]) == 0
    assert parquet.read_table(tmp_path / "none.parquet").num_rows == 0


def test_parquet_without_its_library_and_a_file_that_cannot_be_get_a_plain_message(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["export", "--output", "no/such/folder/a.csv"]) == 1
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["export", "--format", "parquet", "--output", "a.parquet"]) == 1
    assert "pip install pyarrow, or --format csv" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []


def test_prune_deletes_now_and_leaves_no_gap_behind(
    store: Store, journal: Path, capsys: pytest.CaptureFixture[str], verify: Callable[..., Any]
) -> None:
    write_segment(journal, encode(answered(NOW, 1), feedback(made(NOW, 1), at=NOW.isoformat())))
    land(store, journal)
    assert main(["prune", "--days", "1"]) == 0
    assert store.counts()[:2] == (1, 1)
    assert "0 rows elsewhere" in capsys.readouterr().out
    assert verify()[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [["carry"], ["verify", "--since", "yesterday"], ["export", "--format", "xlsx"], ["prune", "--days", "0"]],
)
def test_wrong_usage_ends_with_two(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_without_a_store_every_verb_says_so_and_ends_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["prune"]) == 2
    assert "RETENTION_DAYS" in capsys.readouterr().err
    monkeypatch.setenv("DATABASE_URL", "postgresql://courier:s3cret@127.0.0.1:1/audit")
    for verb in (["verify"], ["export"], ["prune", "--days", "1"]):
        assert main(verb) == 1
        error = capsys.readouterr().err
        assert "postgresql://127.0.0.1:1/audit" in error
        assert "s3cret" not in error
