"""Workers are killed, reloaded and stopped while they answer; nothing that was answered may be missing."""

import signal
import socket
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import httpx2
import psutil

from tests.support.apis import Api, Load, running_api
from tests.support.bundles import make_bundle, write_policy
from tests.support.journals import records
from tests.support.servers import wait_until

RESTARTS = 100


def with_model(folder: Path) -> Path:
    write_policy(folder / "serving", 1, make_bundle(folder / "serving"), "1")
    return folder


def assert_nothing_lost(api: Api, load: Load) -> None:
    """Every answer a client holds is in the journal exactly once, with the same input and output."""
    rows: dict[str, tuple[list[float], list[float]]] = {}
    for record in records(api.journal, killed=True):
        for id_, row, probabilities in zip(record["ids"], record["rows"], record["probabilities"], strict=True):
            assert id_ not in rows
            rows[id_] = (row, probabilities)
    for answer in load.answers:
        assert rows[answer["prediction_id"]] == (answer["row"], list(answer["probabilities"].values()))


def kill(worker: psutil.Process) -> None:
    """The process is one of the api's own: it was listed as its child a moment ago."""
    worker.kill()
    worker.wait(10)


def reload(api: Api) -> None:
    before = {worker.pid for worker in api.workers()}
    api.server.process.send_signal(signal.SIGHUP)
    api.server.wait_until(
        lambda: len(now := {worker.pid for worker in api.workers()}) == 2 and not now & before,
        "a new generation of workers runs alone",
    )


def test_killing_workers_under_load_loses_no_answered_prediction(tmp_path: Path) -> None:
    with running_api(with_model(tmp_path)) as api:
        with Load(api.url) as load:
            for _ in range(4):
                load.wait_for(50)
                kill(api.workers()[0])
                api.server.wait_until(lambda: len(api.workers()) == 2, "the worker is replaced")
            load.wait_for(50)
        assert len(load.failures) <= 4 * load.clients
    assert_nothing_lost(api, load)


def test_counters_add_up_and_never_go_down_over_a_hundred_worker_restarts(tmp_path: Path) -> None:
    watched = ("predict_requests_total", "predictions_total", "http_requests_total", "worker_cpu_seconds_total")
    seen: list[dict[str, float]] = []

    def watch(api: Api) -> bool:
        try:
            series = api.metrics()
        except httpx2.HTTPError:
            return False
        seen.append({name: value for name, value in series.items() if name.partition("{")[0] in watched})
        return series["workers"] == 2

    with running_api(with_model(tmp_path)) as api:
        with Load(api.url, clients=2) as load:
            for _ in range(RESTARTS // 2):
                load.wait_for(2)
                for worker in api.workers():
                    kill(worker)
                api.server.wait_until(lambda: watch(api), "both workers are replaced")
        # a worker counts itself before it has loaded its model
        loaded = 'model_info{variant="production",version="1"}'
        api.server.wait_until(lambda: api.metrics()[loaded] == 2, "both workers have the model")
        names = [path.stem.rpartition("_") for path in api.metrics_dir.glob("*.db")]
        assert {slot for _, _, slot in names} == {"0", "1"}
        assert len({kind for kind, _, _ in names}) == len(names) / 2 == 6
        assert len(load.answers) <= api.total("predictions_total") <= load.asked
        assert api.metrics()["http_requests_in_flight"] == 1
    assert len(seen) >= RESTARTS // 2
    for before, after in pairwise(seen):
        assert {name: (value, after.get(name)) for name, value in before.items() if after.get(name, 0) < value} == {}
    assert_nothing_lost(api, load)


def test_workers_add_up_to_what_clients_saw(tmp_path: Path) -> None:
    with running_api(with_model(tmp_path)) as api, Load(api.url) as load:
        load.wait_for(200)
        load.__exit__(None, None, None)
        metrics = api.metrics()
        assert metrics["predict_requests_total"] == len(load.answers)
        assert metrics['http_requests_total{method="POST",route="/predict",status="200"}'] == len(load.answers)
        assert metrics['predict_latency_seconds_count{variant="production",version="1"}'] == len(load.answers)
        assert api.total("feature_observations_total") == len(load.answers) * 4
        assert {path.name.partition("-")[0] for path in api.journal.glob("*.journal")} == {"0", "1"}


def test_a_reload_under_load_loses_no_request(tmp_path: Path) -> None:
    with running_api(with_model(tmp_path)) as api:
        with Load(api.url) as load:
            for _ in range(3):
                load.wait_for(30)
                reload(api)
            load.wait_for(30)
        assert load.failures == []
        slots = {path.stem.rpartition("_")[2] for path in api.metrics_dir.glob("*.db")}
        assert slots <= {"0", "1", "2", "3"}
        assert api.metrics()["predict_requests_total"] == len(load.answers)
    assert_nothing_lost(api, load)


def test_after_a_reload_as_many_may_wait_at_the_door_as_before(tmp_path: Path) -> None:
    """The old workers share the listening socket with the new ones: a backlog they took along would be missed."""
    with running_api(with_model(tmp_path)) as api:
        reload(api)
        api.server.wait_until(lambda: api.metrics()["workers"] == 2, "both of them answer")
        with ExitStack() as waiting:
            for worker in api.workers():
                worker.suspend()
                waiting.callback(worker.resume)
            for _ in range(64):
                waiting.enter_context(socket.create_connection(("127.0.0.1", httpx2.URL(api.url).port), timeout=5))


def is_refused(port: int | None) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_stop_refuses_new_connections_at_once_and_answers_those_that_wait(tmp_path: Path) -> None:
    """The workers stand still meanwhile, so nobody accepts: what comes now would be reset when the last one leaves."""
    ask = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with running_api(with_model(tmp_path)) as api, ExitStack() as clients:
        port = httpx2.URL(api.url).port
        with ExitStack() as standing:
            for worker in api.workers():
                worker.suspend()
                standing.callback(worker.resume)
            waiting = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(8)]
            for client in waiting:
                clients.enter_context(client).sendall(ask)
            api.server.process.terminate()
            wait_until(lambda: is_refused(port), "a new connection is refused")
        assert [client.recv(17) for client in waiting] == [b"HTTP/1.1 200 OK\r\n"] * len(waiting)
        assert api.server.process.wait(20) == 0


def test_sigterm_turns_readiness_finishes_what_runs_and_exits_with_zero(tmp_path: Path) -> None:
    with running_api(with_model(tmp_path)) as api:
        with httpx2.Client(base_url=api.url, timeout=10) as client, Load(api.url) as load:
            load.wait_for(50)
            assert client.get("/health/ready").status_code == 200
            api.server.process.terminate()
            wait_until(lambda: client.get("/health/ready").status_code == 503, "an open connection sees readiness turn")
        refused = [failure for failure in load.failures if "ConnectError" not in failure]
        assert refused == []
        assert api.server.process.wait(20) == 0
    assert_nothing_lost(api, load)
