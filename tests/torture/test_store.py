"""PostgreSQL is stopped, frozen, killed and fed with rows it refuses; no prediction notices."""

import time

import httpx2
import psycopg
import pytest

from tests.support.bundles import IRIS
from tests.support.results import Say
from tests.support.servers import wait_until
from tests.torture.conftest import ChainFactory, Length
from tests.torture.rig.audit import quarantined, rows_of
from tests.torture.rig.chain import Chain
from tests.torture.rig.disks import small_disk
from tests.torture.rig.load import Load
from tests.torture.rig.postgres import Postgres, postgres
from tests.torture.rig.registry import Publisher

POISON = "poison"
PENDING = "journal_pending_records"
LANDED = 'records_landed_total{kind="prediction"}'


def sit_out(chain: Chain, load: Load, seconds: float) -> tuple[float, float, float]:
    """Let the load go on without a store; when that was, and how many records waited in the end."""
    since, until = load.go_on(seconds)
    waiting = chain.courier_metrics()[PENDING]
    assert waiting > 0, "the store was not gone"
    return since, until, waiting


def drained(chain: Chain) -> float:
    """Seconds until nothing waits; the load goes on, so it is empty only now and then."""
    began = time.monotonic()
    wait_until(lambda: chain.courier_metrics().get(PENDING, 1e9) < 50, "the journal is drained", 180)
    return time.monotonic() - began


@pytest.mark.parametrize("minutes", [1, 10])
def test_a_stopped_database_fails_no_prediction(
    minutes: int, shared_chain: Chain, database_server: Postgres, publisher: Publisher, length: Length, say: Say
) -> None:
    if length.fast and minutes > 1:
        pytest.skip("ten minutes are for the full run")
    with Load(shared_chain.api.url) as load:
        calm = load.go_on(length.of(full=20.0, fast=2.0))
        database_server.stop()
        try:
            since, until, waiting = sit_out(shared_chain, load, length.of(full=60.0 * minutes, fast=5.0))
        finally:
            database_server.start()
        seconds = drained(shared_chain)
    say(
        f"database stopped for {until - since:.0f} s: {shared_chain.judge(load.log, publisher.models)};"
        f" {waiting:.0f} records waited, drained {seconds:.1f} s after it was back;"
        f" p99 {load.log.percentile(0.99, *calm):.0f} ms before,"
        f" {load.log.percentile(0.99, since, until):.0f} ms without it"
    )
    assert (load.log.broken, load.log.refused) == ([], [])


def test_a_frozen_database_fails_no_prediction(
    shared_chain: Chain, database_server: Postgres, publisher: Publisher, length: Length, say: Say
) -> None:
    with Load(shared_chain.api.url) as load:
        calm = load.go_on(length.of(full=20.0, fast=2.0))
        database_server.freeze()
        try:
            since, until, waiting = sit_out(shared_chain, load, length.of(full=60.0, fast=5.0))
        finally:
            database_server.thaw()
        seconds = drained(shared_chain)
    say(
        f"database frozen for {until - since:.0f} s: {shared_chain.judge(load.log, publisher.models)};"
        f" {waiting:.0f} records waited, drained {seconds:.1f} s after it was back;"
        f" p99 {load.log.percentile(0.99, *calm):.0f} ms before,"
        f" {load.log.percentile(0.99, since, until):.0f} ms without it"
    )
    assert (load.log.broken, load.log.refused) == ([], [])


def test_database_and_courier_killed_in_the_middle_of_a_batch_double_and_lose_nothing(
    shared_chain: Chain, database_server: Postgres, publisher: Publisher, length: Length, say: Say
) -> None:
    rounds = length.of(full=10, fast=2)
    with Load(shared_chain.api.url) as load:
        for number in range(rounds):
            # a backlog, so that the kill meets a batch on its way
            shared_chain.kill_courier()
            load.wait_for(300)
            shared_chain.start_courier()
            wait_until(lambda: shared_chain.courier_metrics().get(LANDED, 0) > 0, "the courier is landing", 60)
            shared_chain.kill_courier()
            if number % 2 == 0:
                database_server.kill()
                database_server.start()
            shared_chain.start_courier()
    say(
        f"database and courier killed while they land, {rounds} rounds:"
        f" {shared_chain.judge(load.log, publisher.models)}"
    )
    assert (load.log.broken, load.log.refused) == ([], [])


def test_a_row_the_database_refuses_is_set_aside_and_the_others_land(
    start_chain: ChainFactory, publisher: Publisher, say: Say
) -> None:
    chain = start_chain()
    wait_until(lambda: chain.courier_metrics().get("store_up") == 1, "the tables are made")
    with psycopg.connect(chain.database) as connection:
        connection.execute(f"ALTER TABLE predictions ADD CHECK ((features->>'{IRIS[0]}')::float < 100)")
    rows = [dict.fromkeys(IRIS, 1 + number / 1000) for number in range(1000)]
    rows[500] = dict.fromkeys(IRIS, 100.0)
    with Load(chain.api.url) as load:
        load.wait_for(50)
        answered = httpx2.post(f"{chain.api.url}/predict/batch", json={"rows": rows}, headers={"X-Request-ID": POISON})
        assert answered.status_code == 200
        load.wait_for(50)
    figures = chain.judge(load.log, publisher.models)
    landed = [row for row in rows_of(chain.database) if row.request_id == POISON]
    reasons = quarantined(chain.database)
    say(f"one of 1,000 rows refused: {len(landed)} of its batch landed, {len(reasons)} set aside; {figures}")
    assert {row.features[IRIS[0]] for row in landed} == {row[IRIS[0]] for row in rows} - {100.0}
    assert len(landed) == 999
    assert len(reasons) == 1
    assert chain.courier_metrics()["records_quarantined_total"] == 1


def test_a_full_disk_under_the_database_fails_no_prediction(
    start_chain: ChainFactory, publisher: Publisher, tmp_path_factory: pytest.TempPathFactory, length: Length, say: Say
) -> None:
    home = tmp_path_factory.mktemp("full", numbered=True)
    for folder in (home, *list(home.parents)[: len(home.parents) - 2]):
        folder.chmod(0o755)  # the server runs as another user
    with small_disk(home / "disk", 128) as disk, postgres(disk.path) as server, server.database() as url:
        chain = start_chain(database=url)
        with Load(chain.api.url) as load:
            calm = load.go_on(length.of(full=20.0, fast=1.0))
            disk.fill()
            since, until = load.go_on(length.of(full=60.0, fast=5.0))
            waiting = chain.courier_metrics()[PENDING]
            disk.free()
            if not server.runs:
                server.start()  # as its container's restart policy does
            seconds = drained(chain)
        say(
            f"database's disk full for {until - since:.0f} s: {chain.judge(load.log, publisher.models)};"
            f" {waiting:.0f} records waited, drained {seconds:.1f} s after there was room;"
            f" p99 {load.log.percentile(0.99, *calm):.0f} ms before, {load.log.percentile(0.99, since, until):.0f} ms"
        )
        chain.close()
    assert waiting > 0, "the disk was not full"
    assert (load.log.broken, load.log.refused) == ([], [])
