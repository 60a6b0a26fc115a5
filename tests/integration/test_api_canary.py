"""A canary behind real workers: its share, its keys, and the way from a canary to production under load."""

from collections.abc import Iterator

import pytest

from tests.support.apis import ROW, Api, Load, running_api
from tests.support.bundles import make_bundle, write_policy
from tests.support.servers import wait_until

KEYS = [f"customer-{number}" for number in range(60)]


class Stage:
    """An api with production as version 1; ``give`` makes version 2 its canary."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.bundles = [path.name for path in sorted((api.serving / "bundles").iterdir())]
        self.generation = 1

    def give(self, percent: float) -> None:
        """Until both workers share out so."""
        # by way of none: the metric is the least of both workers, so of two that shrink the first would be enough
        self.write(self.bundles[0], "1")
        held = 'model_info{variant="canary",version="2"}'
        wait_until(lambda: not self.api.metrics().get(held), "no worker has a canary")
        canary = {"version": "2", "bundle": self.bundles[1], "percent": percent}
        self.write(self.bundles[0], "1", canary=canary)
        share = 'canary_traffic_ratio{version="2"}'
        wait_until(lambda: self.api.metrics().get(share) == percent / 100, f"both workers give the canary {percent} %")

    def write(self, bundle: str, version: str, **others: object) -> None:
        self.generation += 1
        write_policy(self.api.serving, self.generation, bundle, version, **others)

    def version(self, **headers: str) -> str:
        """Which version answers; on a new connection, so by either worker."""
        answer = self.api.client.post(f"{self.api.url}/predict", json=ROW, headers=headers).raise_for_status().json()
        named: str = answer["model"]["version"]
        return named


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("canary")
    bundles = sorted(make_bundle(folder / "serving", tilt=tilt) for tilt in (0.0, 1.0))
    write_policy(folder / "serving", 1, bundles[0], "1")
    with running_api(folder) as api:
        yield Stage(api)


def test_requests_without_a_key_are_shared_out_within_chance(stage: Stage) -> None:
    stage.give(25)
    asked = 400
    canary = sum(stage.version() == "2" for _ in range(asked))
    # five standard deviations: wrong once in two million runs
    assert abs(canary - asked / 4) < 5 * (asked * 0.25 * 0.75) ** 0.5


def test_a_key_meets_the_same_model_in_every_worker_and_a_growing_share_only_adds_keys(stage: Stage) -> None:
    before: set[str] = set()
    for percent in (10, 50, 100):
        stage.give(percent)
        sides = {key: {stage.version(**{"X-Routing-Key": key}) for _ in range(4)} for key in KEYS}
        assert all(len(versions) == 1 for versions in sides.values())
        canary = {key for key, versions in sides.items() if versions == {"2"}}
        assert before <= canary
        before = canary
    assert before == set(KEYS)


def test_a_new_worker_puts_every_key_on_the_side_it_was_on(stage: Stage) -> None:
    stage.give(40)
    before = {key: stage.version(**{"X-Routing-Key": key}) for key in KEYS}
    killed = stage.api.workers()
    for worker in killed:
        worker.kill()
    loaded = 'model_info{variant="canary",version="2"}'
    wait_until(
        lambda: (
            not {w.pid for w in killed} & {w.pid for w in stage.api.workers()} and stage.api.metrics().get(loaded) == 2
        ),
        "two new workers have the canary",
    )
    stage.give(40)
    # on a busy machine a new worker may answer before it has looked at the policy for the first time
    wait_until(lambda: {key: stage.version(**{"X-Routing-Key": key}) for key in KEYS} == before, "every key is back")


def test_a_canary_becomes_production_without_a_failed_request(stage: Stage) -> None:
    stage.give(50)
    with Load(stage.api.url) as load:
        load.wait_for(100)
        stage.write(stage.bundles[1], "2", canary={"version": "2", "bundle": stage.bundles[1], "percent": 50})
        load.wait_for(50)
        stage.write(stage.bundles[1], "2")
        info = 'model_info{variant="production",version="2"}'
        wait_until(lambda: stage.api.metrics().get(info) == 2, "both workers serve the promoted version")
        load.wait_for(50)
        # and back again, as after a rollback
        stage.write(stage.bundles[0], "1")
        info = 'model_info{variant="production",version="1"}'
        wait_until(lambda: stage.api.metrics().get(info) == 2, "both workers serve the version before")
        load.wait_for(50)
    assert load.failures == []
    message = {(answer["model"]["version"], answer["model"]["bundle"]) for answer in load.answers}
    assert message == {("1", stage.bundles[0]), ("2", stage.bundles[1])}
    assert {a["model"]["variant"] for a in load.answers[-20:]} == {"production"}
