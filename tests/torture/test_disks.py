"""The disk is full: under the journal, and under the workers' metrics."""

import time
from pathlib import Path

import httpx2

from tests.support.results import Say
from tests.support.servers import http_answers, wait_until
from tests.torture.conftest import ChainFactory, Length
from tests.torture.rig.disks import small_disk
from tests.torture.rig.load import Load
from tests.torture.rig.registry import Publisher


def test_with_a_full_journal_nobody_is_answered_until_there_is_room(
    start_chain: ChainFactory, publisher: Publisher, tmp_path: Path, length: Length, say: Say
) -> None:
    with small_disk(tmp_path / "journal", 4) as disk:
        chain = start_chain(journal_dir=str(disk.path))
        ready = f"{chain.api.url}/health/ready"
        with Load(chain.api.url) as load:
            load.wait_for(100)
            chain.stop_courier()  # it would make room
            disk.fill()
            wait_until(lambda: http_answers(ready, 503), "it says that it is not ready")
            wait_until(lambda: len(load.log.refused) > 50, "predictions are refused")
            load.go_on(length.of(full=30.0, fast=1.0))
            answered = len(load.log.answers)
            load.go_on(1.0)
            assert len(load.log.answers) == answered, "answered without a record"
            assert http_answers(f"{chain.api.url}/health/live")
            disk.free()
            freed = time.monotonic()
            wait_until(lambda: all(http_answers(ready) for _ in range(10)), "both workers are ready again")
            seconds = time.monotonic() - freed
            load.wait_for(100)
            chain.start_courier()
        figures = chain.judge(load.log, publisher.models)
        chain.close()
    say(f"journal's disk full: {figures}; ready {seconds:.1f} s after there was room")
    assert load.log.broken == []
    assert {refusal.status for refusal in load.log.refused} == {503}


def test_full_shared_memory_for_metrics_costs_workers_and_no_answer(
    start_chain: ChainFactory, publisher: Publisher, tmp_path: Path, say: Say
) -> None:
    with small_disk(tmp_path / "metrics", 4) as disk:
        chain = start_chain(prometheus_multiproc_dir=str(disk.path))
        with Load(chain.api.url) as load:
            load.wait_for(100)
            httpx2.get(f"{chain.api.url}/nothing-here")
            spare = disk.free_share
            disk.fill()
            load.go_on(1.0)
            for worker in chain.api.workers():
                worker.kill()  # their successors begin on the full disk
            load.go_on(2.0)
            disk.free()
            wait_until(lambda: chain.serves("1"), "both workers serve again", 60)
            load.wait_for(100)
        figures = chain.judge(load.log, publisher.models)
        chain.close()
    say(f"metrics' disk of 4 MiB, {spare:.0%} of it free before it was filled: {figures}")
    assert spare >= 0.5
