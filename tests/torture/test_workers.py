"""The api's processes are killed, reloaded and stopped while 16 clients ask."""

import signal
import time

import psutil

from tests.support.results import Say
from tests.support.servers import wait_until
from tests.torture.conftest import ChainFactory, Length
from tests.torture.raw import Client, connect_to, one, request
from tests.torture.rig.background import Background
from tests.torture.rig.chain import Chain
from tests.torture.rig.load import CLIENTS, Load
from tests.torture.rig.registry import Publisher

GRACE = 12


def kill(worker: psutil.Process) -> None:
    """The process is one of the api's own: it was listed as its child a moment ago."""
    worker.kill()
    worker.wait(10)


async def close(client: Client) -> None:
    client.close()


def test_a_worker_killed_again_and_again_loses_no_answer(
    shared_chain: Chain, publisher: Publisher, length: Length, say: Say
) -> None:
    kills, pause, replaced = length.of(full=12, fast=3), length.of(full=5.0, fast=1.0), list[float]()
    before = shared_chain.api.total("predictions_total")
    with Load(shared_chain.api.url) as load:
        calm = load.go_on(length.of(full=10.0, fast=2.0))
        for _ in range(kills):
            kill(shared_chain.api.workers()[0])
            died = time.monotonic()
            wait_until(lambda: shared_chain.serves("1"), "both workers serve again")
            replaced.append(time.monotonic() - died)
            load.go_on(pause)
        fault = (calm[1], time.monotonic())
    figures = shared_chain.judge(load.log, publisher.models)
    counted = shared_chain.api.total("predictions_total") - before
    say(
        f"kill -9 of a worker {kills} times: {figures}; a new one serves after {max(replaced):.1f} s at most;"
        f" p99 {load.log.percentile(0.99, *calm):.0f} ms before, {load.log.percentile(0.99, *fault):.0f} ms meanwhile"
    )
    assert len(load.log.broken) <= kills * CLIENTS, "only requests in a killed worker may go unanswered"
    assert len(load.log.answers) <= counted, "a counter lost what a killed worker had counted"
    assert counted <= len(load.log.answers) + kills * CLIENTS * 5


def test_ten_reloads_lose_no_request(shared_chain: Chain, publisher: Publisher, length: Length, say: Say) -> None:
    reloads, api = length.of(full=10, fast=3), shared_chain.api
    with Load(api.url) as load:
        calm = load.go_on(length.of(full=10.0, fast=1.0))
        for _ in range(reloads):
            before = {worker.pid for worker in api.workers()}
            api.server.process.send_signal(signal.SIGHUP)
            wait_until(
                lambda before=before: len(now := {w.pid for w in api.workers()}) == 2 and not now & before,  # type: ignore[misc]
                "a new generation of workers runs alone",
            )
            wait_until(lambda: shared_chain.serves("1"), "both workers have the model")
        fault = (calm[1], time.monotonic())
    slots = {path.stem.rpartition("_")[2] for path in api.metrics_dir.glob("*.db")}
    say(
        f"HUP {reloads} times: {shared_chain.judge(load.log, publisher.models)}; {len(slots)} metric slots;"
        f" p99 {load.log.percentile(0.99, *calm):.0f} ms before, {load.log.percentile(0.99, *fault):.0f} ms meanwhile"
    )
    assert (load.log.broken, load.log.refused, load.log.unreached) == ([], [], 0)
    assert slots <= {"0", "1", "2", "3"}


def test_ten_rolling_terminations_lose_no_request(
    shared_chain: Chain, publisher: Publisher, length: Length, say: Say
) -> None:
    """SIGTERM goes to one worker after the other, as a platform rolls them; the master starts another in its place."""
    terminations, api = length.of(full=10, fast=4), shared_chain.api
    with Load(api.url) as load:
        calm = load.go_on(length.of(full=10.0, fast=1.0))
        for _ in range(terminations):
            oldest = min(api.workers(), key=psutil.Process.create_time)
            oldest.terminate()
            wait_until(
                lambda oldest=oldest: oldest.pid not in (pids := {w.pid for w in api.workers()}) and len(pids) == 2,  # type: ignore[misc]
                "another worker is in its place",
            )
            wait_until(lambda: shared_chain.serves("1"), "both workers have the model")
        fault = (calm[1], time.monotonic())
    say(
        f"SIGTERM to a worker {terminations} times: {shared_chain.judge(load.log, publisher.models)};"
        f" p99 {load.log.percentile(0.99, *calm):.0f} ms before, {load.log.percentile(0.99, *fault):.0f} ms meanwhile"
    )
    assert (load.log.broken, load.log.refused, load.log.unreached) == ([], [], 0)


def test_the_whole_api_killed_comes_back_with_its_model_while_the_registry_is_gone(
    start_chain: ChainFactory, publisher: Publisher, say: Say
) -> None:
    chain = start_chain()
    with Load(chain.api.url) as load:
        load.wait_for(200)
        chain.stop_courier()  # with it goes the way to the registry and to the database
        load.wait_for(50)
        chain.kill_api()
        died = time.monotonic()
        chain.start_api()
        seconds = time.monotonic() - died
        load.wait_for(50)
        chain.start_courier()
        load.wait_for(50)
    say(
        f"kill -9 of the whole api without registry and database: {chain.judge(load.log, publisher.models)};"
        f" both workers serve after {seconds:.1f} s"
    )
    # A client may reconnect to the socket while the last of the processes dies, and is cut off there once more.
    assert len([one for one in load.log.broken if not one.fresh]) <= CLIENTS


def test_sigterm_under_load_and_with_a_hung_request_ends_in_good_order_within_its_grace(
    start_chain: ChainFactory, publisher: Publisher, say: Say
) -> None:
    chain, side = start_chain(graceful_timeout=str(GRACE)), Background("hung")
    hung = [side.run(connect_to(chain.api.url)) for _ in range(4)]
    with Load(chain.api.url) as load:
        for client in hung:
            client.writer.write(request("/predict", one())[:-20])
        load.wait_for(100)
        chain.api.server.process.terminate()
        began = time.monotonic()
        code = chain.api.server.process.wait(60)
        seconds = time.monotonic() - began
    for client in hung:
        side.run(close(client))
    side.close()
    log = (chain.folder / "api.log").read_text()
    say(
        f"SIGTERM with 4 hung requests under load: {chain.judge(load.log, publisher.models)};"
        f" exit code {code} after {seconds:.1f} s of {GRACE}"
    )
    assert code == 0
    assert log.count("worker stopped") == 2, "each worker closed its journal"
    assert load.log.broken == [], "what was sent on a connection was answered"
