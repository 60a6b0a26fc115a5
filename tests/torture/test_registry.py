"""MLflow goes away, falls silent, or holds what nobody can serve; aliases move while workers die."""

import pickle
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.support.bundles import IRIS, BundleParts, make_bundle, tiny_parts
from tests.support.results import Say
from tests.support.servers import http_answers, wait_until
from tests.torture.conftest import ChainFactory, Length
from tests.torture.rig.chain import Chain
from tests.torture.rig.load import CLIENTS, Load
from tests.torture.rig.proxy import Mode, proxy
from tests.torture.rig.registry import Publisher, Registry
from tests.torture.test_workers import kill

SUCCESS = 'registry_polls_total{outcome="success"}'
UNAVAILABLE = 'registry_polls_total{outcome="unavailable"}'
LAST_SUCCESS = "registry_last_success_timestamp_seconds"
HUGE = 2 * 1024**3


def seconds_until(condition: Callable[[], bool], what: str) -> float:
    began = time.monotonic()
    wait_until(condition, what, 60)
    return time.monotonic() - began


def refusals(chain: Chain) -> float:
    """How often courier and api have refused a bundle, for whatever reason."""
    try:
        at_the_api = sum(v for n, v in chain.api.metrics().items() if n.startswith("model_swaps") and "refused" in n)
    except httpx2.HTTPError:
        at_the_api = 0.0
    return at_the_api + sum(v for n, v in chain.courier_metrics().items() if n.startswith("bundles_refused_total"))


@pytest.mark.parametrize("mode", ["refuse", "swallow"])
def test_a_registry_that_is_gone_or_swallows_everything_fails_no_prediction(
    mode: Mode, start_chain: ChainFactory, mlflow_server: Registry, publisher: Publisher, length: Length, say: Say
) -> None:
    publisher.point("1")
    with proxy(mlflow_server.port) as between:
        chain = start_chain(registry=between.uri)
        with Load(chain.api.url) as load:
            calm = load.go_on(length.of(full=20.0, fast=2.0))
            between.mode = mode
            before = chain.courier_metrics()
            noticed = seconds_until(
                lambda: chain.courier_metrics().get(UNAVAILABLE, 0) > before[UNAVAILABLE], "a poll gave up"
            )
            since, until = load.go_on(length.of(full=600.0, fast=2.0))
            publisher.point("2")
            stale = time.time() - chain.courier_metrics()[LAST_SUCCESS]
            between.mode = "forward"
            followed = seconds_until(lambda: chain.serves("2"), "the alias is followed again")
            load.wait_for(50)
        figures = chain.judge(load.log, publisher.models)
        chain.close()
    say(
        f"registry {'gone' if mode == 'refuse' else 'silent'} for {until - calm[1]:.0f} s: {figures};"
        f" a poll gave up after {noticed:.1f} s; followed again {followed:.1f} s after it was back;"
        f" p99 {load.log.percentile(0.99, *calm):.0f} ms before, {load.log.percentile(0.99, since, until):.0f} ms"
    )
    assert (load.log.broken, load.log.refused) == ([], [])
    assert stale >= until - since, "the metric tells for how long nobody has heard from the registry"


def test_a_first_start_without_a_registry_waits_and_serves_as_soon_as_there_is_a_model(
    start_chain: ChainFactory, mlflow_server: Registry, publisher: Publisher, say: Say
) -> None:
    publisher.point("1")
    with proxy(mlflow_server.port) as between:
        between.mode = "refuse"
        chain = start_chain(registry=between.uri, ready=False)
        assert http_answers(f"{chain.api.url}/health/live")
        assert http_answers(f"{chain.api.url}/health/ready", 503)
        refused = chain.api.predict()
        assert (refused.status_code, "retry-after" in refused.headers) == (503, True)
        # a worker that respawns without a model must not end the server
        kill(chain.api.workers()[0])
        wait_until(lambda: len(chain.api.workers()) == 2, "the worker is replaced")
        with Load(chain.api.url) as load:
            wait_until(lambda: len(load.log.refused) > 50, "predictions are refused")
            between.mode = "forward"
            seconds = seconds_until(lambda: chain.serves("1"), "both workers serve")
            load.wait_for(100)
        figures = chain.judge(load.log, publisher.models)
        chain.close()
    say(f"first start without a registry: {figures}; both workers serve {seconds:.1f} s after it came")
    assert load.log.broken == []


def test_versions_that_cannot_be_served_leave_the_old_one_serving(
    start_chain: ChainFactory, mlflow_server: Registry, publisher: Publisher, tmp_path: Path, say: Say
) -> None:
    publisher.point("1")
    chain = start_chain()
    bundles, parts = tmp_path / "bundles", tiny_parts(tilt=7.0)

    def damaged(name: str, change: Callable[[bytes], bytes]) -> Path:
        """Right when its manifest was written, and not any more."""
        folder = bundles / tiny_parts(tilt=float(len(name))).write(bundles)
        (folder / "model.onnx").write_bytes(change((folder / "model.onnx").read_bytes()))
        return folder

    bad = {
        "truncated": damaged("truncated", lambda content: content[:-100]),
        "one bit flipped": damaged("one bit flipped", lambda content: bytes([content[0] ^ 1]) + content[1:]),
        "no model": bundles / parts.with_file("model.onnx", b"\x00" * 1000).write(bundles),
        "a model of three features": bundles
        / parts.with_file("model.onnx", tiny_parts(features=IRIS[:3]).files["model.onnx"]).write(bundles),
        "golden rows it does not reproduce": bundles
        / parts.with_file("golden.json", tiny_parts(tilt=3.0).files["golden.json"]).write(bundles),
        "an unknown format": bundles / BundleParts({**parts.manifest, "format": 2}, parts.files).write(bundles),
        "not there": bundles / ("0" * 64),
    }
    bad["not there"].mkdir()
    with Load(chain.api.url) as load:
        load.wait_for(50)
        for name, folder in bad.items():
            before = refusals(chain)
            publisher.point(publisher.publish(folder))
            wait_until(lambda before=before: refusals(chain) > before, f"refused: {name}", 60)  # type: ignore[misc]
        before = refusals(chain)
        publisher.point(huge(mlflow_server, publisher, tmp_path))
        wait_until(lambda: refusals(chain) > before, "refused: two gigabytes", 60)
        load.wait_for(50)
        publisher.point("1")
        wait_until(lambda: chain.serves("1"), "the good one serves", 60)
    figures = chain.judge(load.log, publisher.models)
    chain.close()
    say(f"{len(bad) + 1} versions that can't be served, one after the other: {figures}")
    assert (load.log.broken, load.log.refused) == ([], [])
    assert {answer.version for answer in load.log.answers} == {"1"}


def huge(server: Registry, publisher: Publisher, folder: Path) -> str:
    """A version whose model has two gigabytes, as far as the registry's disk is concerned: the file is one hole."""
    bundle = folder / make_bundle(folder, tilt=11.0)
    shutil.move(folder / "bundles" / bundle.name, bundle)
    version = publisher.publish(bundle)
    run = publisher.client.get_model_version(publisher.model, version).run_id
    (held,) = server.home.glob(f"artifacts/*/{run}/artifacts/bundle/model.onnx")
    with held.open("r+b") as file:
        file.truncate(HUGE)
    return version


def test_a_pickle_in_a_bundle_is_never_opened(
    start_chain: ChainFactory, publisher: Publisher, tmp_path: Path, say: Say
) -> None:
    canary = tmp_path / "canary"

    class Opened:
        def __reduce__(self) -> tuple[object, tuple[str, ...]]:
            return Path.touch, (canary,)  # type: ignore[return-value]

    publisher.point("1")
    armed = tiny_parts(tilt=6.0).with_file("model.joblib", pickle.dumps(Opened()))
    version = publisher.publish(tmp_path / armed.write(tmp_path))
    chain = start_chain()
    with Load(chain.api.url) as load:
        publisher.point(version)
        wait_until(lambda: chain.serves(version), "the armed version serves", 60)
        load.wait_for(50)
    figures = chain.judge(load.log, publisher.models)
    chain.close()
    say(f"a pickle that leaves a trace when it is opened: {figures}; opened: {canary.exists()}")
    assert not canary.exists()
    pickle.loads(armed.files["model.joblib"])
    assert canary.exists(), "the trap would not have snapped"


def test_an_alias_that_moves_all_the_time_is_followed_without_a_wrong_answer(
    start_chain: ChainFactory, publisher: Publisher, tmp_path: Path, length: Length, say: Say
) -> None:
    publisher.point("1")
    chain = start_chain()
    empty = tmp_path / ("1" * 64)
    empty.mkdir()
    missing = publisher.publish(empty)
    memory = sum(worker.memory_info().rss for worker in chain.api.workers())
    moves, last = length.of(full=150, fast=4), "1"
    with Load(chain.api.url) as load:
        for number in range(moves):
            last = ("2", "3", missing, "1")[number % 4]
            publisher.point(last)
            load.go_on(2.0)
        publisher.point("2")
        seconds = seconds_until(lambda: chain.serves("2"), "both workers serve the last one")
        load.wait_for(50)
    grown = sum(worker.memory_info().rss for worker in chain.api.workers()) / memory - 1
    figures = chain.judge(load.log, publisher.models)
    chain.close()
    say(
        f"alias moved {moves} times, every fourth time to a version without files: {figures};"
        f" both workers on the last one after {seconds:.1f} s; memory {grown:+.0%}"
    )
    assert (load.log.broken, load.log.refused) == ([], [])
    assert {answer.version for answer in load.log.answers} == {"1", "2", "3"}


def test_an_alias_that_moves_while_workers_are_killed_leaves_no_worker_without_a_model(
    start_chain: ChainFactory, publisher: Publisher, length: Length, say: Say
) -> None:
    publisher.point("1")
    chain, moves = start_chain(), length.of(full=20, fast=3)
    with Load(chain.api.url) as load:
        for number in range(moves):
            version = ("2", "3", "1")[number % 3]
            publisher.point(version)
            kill(chain.api.workers()[0])
            wait_until(lambda version=version: chain.serves(version), f"both workers serve {version}", 60)  # type: ignore[misc]
    figures = chain.judge(load.log, publisher.models)
    chain.close()
    say(f"alias moved and a worker killed at once, {moves} times: {figures}")
    assert load.log.refused == [], "a worker took requests before it had a model"
    assert len(load.log.broken) <= moves * CLIENTS


def test_deleting_the_served_version_stops_nobody_and_is_reported(
    start_chain: ChainFactory, publisher: Publisher, tmp_path: Path, say: Say
) -> None:
    folder = tmp_path / "bundles" / make_bundle(tmp_path, tilt=13.0)
    version = publisher.publish(folder)
    publisher.point(version)
    chain = start_chain()
    polls = chain.courier_metrics()[SUCCESS]
    with Load(chain.api.url) as load:
        load.wait_for(50)
        publisher.client.delete_model_version(publisher.model, version)
        wait_until(lambda: chain.courier_metrics().get("served_version_deleted") == 1, "the courier says so", 60)
        wait_until(lambda: chain.courier_metrics()[SUCCESS] >= polls + 4, "several more polls", 60)
        load.wait_for(50)
        publisher.point("1")
        wait_until(lambda: chain.serves("1"), "the alias is followed again", 60)
        load.wait_for(50)
    still = chain.courier_metrics()["served_version_deleted"]
    figures = chain.judge(load.log, publisher.models)
    chain.close()
    say(f"the served version deleted from the registry: {figures}")
    assert (load.log.broken, load.log.refused) == ([], [])
    assert still == 0
