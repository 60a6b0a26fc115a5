"""The wall clock jumps by an hour, forth and back, under the api."""

from pathlib import Path

import pytest

from tests.support.results import Say
from tests.support.servers import wait_until
from tests.torture.conftest import ChainFactory, Length
from tests.torture.rig.audit import clocks_apart
from tests.torture.rig.load import Load
from tests.torture.rig.registry import Publisher

FAKETIME = Path(__file__).parent / "rig" / "faketime"
LIBRARIES = ("/usr/lib/*/faketime/libfaketime.so.1", "/usr/local/lib/faketime/libfaketime.so.1")


@pytest.fixture
def library() -> Path:
    found = [path for pattern in LIBRARIES for path in Path("/").glob(pattern[1:])]
    if not found:
        pytest.skip("no libfaketime on this machine (Debian: apt-get install libfaketime)")
    return found[0]


def test_a_clock_that_jumps_an_hour_forth_and_back_kills_no_worker_and_loses_no_answer(
    library: Path, start_chain: ChainFactory, publisher: Publisher, tmp_path: Path, length: Length, say: Say
) -> None:
    publisher.point("1")
    offset = tmp_path / "offset"
    offset.write_text("+0")
    chain = start_chain(
        ld_preload=str(library),
        faketime_timestamp_file=str(offset),
        faketime_no_cache="1",
        faketime_dont_fake_monotonic="1",
        pythonpath=str(FAKETIME),
    )
    before = {worker.pid for worker in chain.api.workers()}
    with Load(chain.api.url) as load:
        for jump in ("+0", "+3600", "-3600", "+0"):
            offset.write_text(jump)
            # longer than the master lets a worker be silent
            load.go_on(length.of(full=40.0, fast=2.0))
            load.wait_for(50)
        publisher.point("2")
        wait_until(lambda: chain.serves("2"), "the policy is still followed")
        load.wait_for(50)
    figures = chain.judge(load.log, publisher.models)
    after, apart = {worker.pid for worker in chain.api.workers()}, clocks_apart(chain.database)
    chain.close()
    say(
        f"clock of the api an hour ahead, an hour back, and right again: {figures};"
        f" the audit's two times are {min(apart):+.0f} to {max(apart):+.0f} s apart"
    )
    assert after == before
    assert (load.log.broken, load.log.refused) == ([], [])
    assert max(apart) > 3000, "the clock did not jump ahead"
    assert min(apart) < -3000, "the clock did not jump back"
