"""Bundles are damaged under an api that serves: no client notices, and the health page reports it."""

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from tests.support.apis import Api, Load, running_api
from tests.support.bundles import make_bundle, tiny_parts, write_policy
from tests.support.hostile_models import endless

JSON = {"Content-Type": "application/json"}
MOST_MEMORY = 16 * 1024 * 1024


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-5] ^= 4
    file.write_bytes(content)


DAMAGE: dict[str, Callable[[Path], None]] = {
    "truncated": lambda file: os.truncate(file, 100),
    "a flipped bit": flip,
    "a deleted file": Path.unlink,
    "a deleted folder": lambda file: shutil.rmtree(file.parent),
}


@pytest.fixture
def two_versions(tmp_path: Path) -> Iterator[tuple[Api, Path]]:
    """Version 2 serves, version 1 did before; and the model of version 2."""
    serving = tmp_path / "serving"
    write_policy(serving, 1, make_bundle(serving), "1")
    with running_api(tmp_path) as api:
        bundle = make_bundle(serving, tilt=1.0)
        write_policy(serving, 2, bundle, "2")
        wait_for_version(api, "2", 2)
        yield api, serving / "bundles" / bundle / "model.onnx"


def wait_for_version(api: Api, version: str, workers: int) -> None:
    loaded = f'model_info{{variant="production",version="{version}"}}'
    api.server.wait_until(lambda: api.metrics().get(loaded) == workers, f"{workers} workers serve {version}", 60)


def kill_one(api: Api) -> None:
    """The process is one of the api's own: it was listed as its child a moment ago."""
    worker = api.workers()[0]
    worker.kill()
    worker.wait(10)


def health(api: Api) -> dict[str, Any]:
    answer: dict[str, Any] = api.client.get(f"{api.url}/health").json()
    return answer


def logged(api: Api, event: str) -> bool:
    lines = (api.serving.parent / "api.log").read_text().splitlines()
    return any(event in line for line in lines)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_worker_that_starts_beside_a_damaged_bundle_serves_the_version_before_and_says_so(
    two_versions: tuple[Api, Path], damage: str
) -> None:
    api, model = two_versions
    kept = model.parent.with_name("kept")
    shutil.copytree(model.parent, kept)
    DAMAGE[damage](model)
    with Load(api.url) as load:
        kill_one(api)
        wait_for_version(api, "1", 1)
        load.wait_for(50)
        api.server.wait_until(lambda: api.predict().json()["model"]["version"] == "1", "the version before answers")
        api.server.wait_until(lambda: [r["version"] for r in health(api)["refused"]] == ["2"], "health names it")
        assert health(api)["ok"]
        shutil.rmtree(model.parent, ignore_errors=True)
        kept.rename(model.parent)
        wait_for_version(api, "2", 2)
    assert len(load.failures) <= load.clients, load.failures
    assert not any(failure[:3] in ("500", "503") for failure in load.failures), load.failures


@pytest.mark.timeout(240)
def test_a_reload_beside_a_damaged_bundle_is_given_up_and_the_old_workers_stay(
    two_versions: tuple[Api, Path],
) -> None:
    api, model = two_versions
    os.truncate(model, 100)
    before = {worker.pid for worker in api.workers()}
    with Load(api.url) as load:
        api.server.process.send_signal(signal.SIGHUP)
        api.server.wait_until(lambda: logged(api, "Reload given up"), "the reload ends", 90)
        api.server.wait_until(lambda: {worker.pid for worker in api.workers()} == before, "the old ones are alone", 60)
        load.wait_for(50)
    assert load.failures == []
    wait_for_version(api, "2", 2)


@pytest.mark.timeout(240)
def test_with_no_good_bundle_left_on_disk_whoever_has_the_model_goes_on_alone(tmp_path: Path) -> None:
    serving = tmp_path / "serving"
    bundle = make_bundle(serving)
    write_policy(serving, 1, bundle, "1")
    model = serving / "bundles" / bundle / "model.onnx"
    with running_api(tmp_path) as api:
        wait_for_version(api, "1", 2)
        content = model.read_bytes()
        os.truncate(model, 100)
        with Load(api.url) as load:
            kill_one(api)
            api.server.wait_until(lambda: logged(api, "bundle refused"), "the new worker refuses it", 60)
            load.wait_for(200)
            api.server.process.send_signal(signal.SIGHUP)
            api.server.wait_until(lambda: logged(api, "Reload given up"), "the reload ends", 90)
            load.wait_for(200)
            model.write_bytes(content)
            wait_for_version(api, "1", 2)
            api.server.wait_until(lambda: len(api.workers()) == 2, "two workers are left", 60)
            load.wait_for(50)
        assert len(load.failures) <= load.clients, load.failures
        assert not any(failure[:3] in ("500", "503") for failure in load.failures), load.failures


@pytest.mark.timeout(240)
def test_requests_beside_a_proof_are_answered_as_ever_and_two_workers_have_it_proved_once(tmp_path: Path) -> None:
    serving = tmp_path / "serving"
    write_policy(serving, 1, make_bundle(serving), "1")
    # Read into objects, the first takes more memory than a proof may.
    bad = {"predict/batch": b"[" + b"1.5," * 600_000 + b"1.5]", "predict": b'{"petal_length": "long"}'}
    with running_api(tmp_path, MAX_MODEL_MEMORY_BYTES=str(MOST_MEMORY)) as api, Load(api.url, clients=2) as load:
        bundle = tiny_parts().with_file("model.onnx", endless()).write(serving / "bundles")
        write_policy(serving, 2, bundle, "2")
        statuses: list[int] = []
        memory = {worker.pid: worker.memory_info().rss for worker in api.workers()}

        def refused_by_both() -> bool:
            for address, body in bad.items():
                answer = httpx2.post(f"{api.url}/{address}", content=body, headers=JSON, timeout=60)
                statuses.append(answer.status_code)
            lines = (tmp_path / "api.log").read_text().splitlines()
            return sum("bundle refused" in line and bundle in line for line in lines) >= 2

        api.server.wait_until(refused_by_both, "both workers have refused it", 120)
        load.wait_for(20)
        assert set(statuses) == {422}, statuses
        assert load.failures == []
        (verdict,) = (api.journal / "proofs").glob(f"{bundle}.json")
        first = json.loads(verdict.read_bytes())["at"]
        refusals = 'model_swaps_total{outcome="refused",reason="golden",variant="production"}'
        api.server.wait_until(lambda: api.metrics()[refusals] >= 5, "it is tried again", 60)
        assert json.loads(verdict.read_bytes())["at"] == first
        assert all(psutil.pid_exists(pid) for pid in memory)
