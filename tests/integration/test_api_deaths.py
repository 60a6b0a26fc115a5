"""Workers are killed, reloaded and stopped while they answer; nothing that was answered may be missing."""

import signal
import threading
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
    for record in records(api.journal):
        for id_, row, probabilities in zip(record["ids"], record["rows"], record["probabilities"], strict=True):
            assert id_ not in rows
            rows[id_] = (row, probabilities)
    for answer in load.answers:
        assert rows[answer["prediction_id"]] == (answer["row"], list(answer["probabilities"].values()))


def kill(worker: psutil.Process) -> None:
    """The process is one of the api's own: it was listed as its child a moment ago."""
    worker.kill()
    worker.wait(10)


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
    stop = threading.Event()

    def watch(api: Api) -> None:
        while not stop.wait(0.05):
            try:
                series = api.metrics()
            except httpx2.HTTPError:
                continue
            seen.append({name: value for name, value in series.items() if name.partition("{")[0] in watched})

    with running_api(with_model(tmp_path)) as api:
        watcher = threading.Thread(target=watch, args=(api,))
        watcher.start()
        killed: set[int] = set()
        with Load(api.url, clients=2) as load:
            while len(killed) < RESTARTS:
                for worker in api.workers():
                    killed.add(worker.pid)
                    kill(worker)
                api.server.wait_until(lambda: len(load.answers) > 0 and len(api.workers()) == 2, "workers are back")
                load.wait_for(2)
        api.server.wait_until(lambda: api.metrics()["workers"] == 2, "both workers run")
        stop.set()
        watcher.join()
        files = sorted(path.name for path in api.metrics_dir.iterdir())
        assert len(files) <= 2 * 6, files
        assert all("_0.db" in name or "_1.db" in name for name in files)
        answered = api.total("predictions_total")
        assert len(load.answers) <= answered <= load.asked
        assert api.metrics()['model_info{variant="production",version="1"}'] == 2
        assert api.metrics()["http_requests_in_flight"] == 1
    assert len(seen) > 20
    for before, after in zip(seen, seen[1:], strict=False):
        assert {name: (value, after[name]) for name, value in before.items() if after[name] < value} == {}
    assert_nothing_lost(api, load)


def test_workers_add_up_to_what_clients_saw(tmp_path: Path) -> None:
    with running_api(with_model(tmp_path)) as api, Load(api.url) as load:
        load.wait_for(200)
        load.__exit__(None, None, None)
        metrics = api.metrics()
        assert metrics["predict_requests_total"] == len(load.answers)
        assert metrics['http_requests_total{method="POST",route="/predict",status="200"}'] == len(load.answers)
        assert metrics["predict_latency_seconds_count"] == len(load.answers)
        assert api.total("feature_observations_total") == len(load.answers) * 4
        assert {path.name.partition("-")[0] for path in api.journal.glob("*.journal")} == {"0", "1"}


def test_a_reload_under_load_loses_no_request(tmp_path: Path) -> None:
    with running_api(with_model(tmp_path)) as api:
        with Load(api.url) as load:
            for _ in range(3):
                load.wait_for(30)
                before = {worker.pid for worker in api.workers()}
                api.server.process.send_signal(signal.SIGHUP)
                api.server.wait_until(
                    lambda before=before: len(now := {w.pid for w in api.workers()}) == 2 and not now & before,  # type: ignore[misc]
                    "a new generation of workers runs alone",
                )
            load.wait_for(30)
        assert load.failures == []
        slots = {path.stem.rpartition("_")[2] for path in api.metrics_dir.iterdir()}
        assert slots <= {"0", "1", "2", "3"}
        assert api.metrics()["predict_requests_total"] == len(load.answers)
    assert_nothing_lost(api, load)


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
