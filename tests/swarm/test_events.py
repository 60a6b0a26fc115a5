"""Real events on three nodes while clients ask 200 times a second over all edges; the bars of docs/reliability.md."""

import time
from collections.abc import Callable

import pytest

from scripts.loop_demo.platform import COPY
from tests.support.servers import wait_until
from tests.swarm.clients import Clients, Seen
from tests.swarm.cluster import Cluster

Note = Callable[[str], None]


def landed(cluster: Cluster, seen: Seen, seconds: float) -> float:
    """Wait until the audit holds every answer exactly once; the seconds that it took."""
    begun = time.monotonic()
    wanted = set(seen.answered)
    wait_until(lambda: wanted <= cluster.audited(seen.answered).keys(), "every answer is in the audit", seconds=seconds)
    took = time.monotonic() - begun
    counted = cluster.audited(seen.answered)
    assert {one for one, times in counted.items() if times != 1} == set()
    return took


def unseen(cluster: Cluster, seen: Seen) -> int:
    """Records of answers that no client got: the request was cut, or the edge asked a second api."""
    return len(cluster.audited(seen.answered).keys() - set(seen.answered))


def whole(cluster: Cluster, node: int = 1) -> None:
    wait_until(lambda: cluster.verb("swarm-status", node=node, check=False).returncode == 0, "all runs", seconds=300)


@pytest.mark.parametrize("service", ["api", "courier", "edge"])
def test_a_rolling_update_costs_no_answer(cluster: Cluster, note: Note, service: str) -> None:
    whole(cluster)
    with Clients(cluster.addresses) as clients:
        begun = time.monotonic()
        cluster.docker("service", "update", "--quiet", "--force", "--detach=false", f"mlops_{service}")
        took = time.monotonic() - begun
    late = landed(cluster, clients.seen, 60)
    note(f"rolling update of {service}, {took:.0f} s: {clients.seen.line()}; landed after {late:.1f} s")
    assert (clients.seen.bad, clients.seen.cut) == ([], [])


def test_a_new_tag_is_rolled_out_by_the_verb(cluster: Cluster, note: Note) -> None:
    cluster.push("newer")
    with Clients(cluster.addresses) as clients:
        cluster.verb("swarm-update", {"TAG": "newer"})
    note(f"swarm-update of all services: {clients.seen.line()}")
    assert (clients.seen.bad, clients.seen.cut) == ([], [])


def test_a_bad_image_is_rolled_back_by_itself(cluster: Cluster, note: Note) -> None:
    cluster.push("bad")
    cluster.push_a_bad_api("bad")
    with Clients(cluster.addresses) as clients:
        done = cluster.verb("swarm-update", {"TAG": "bad"}, check=False)
    note(f"a bad image: {clients.seen.line()}")
    assert done.returncode != 0
    assert "rolled back, the version before serves: api" in done.stderr
    assert (clients.seen.bad, clients.seen.cut) == ([], [])
    assert ":bad" not in cluster.docker(
        "service", "inspect", "mlops_api", "--format", "{{.Spec.TaskTemplate.ContainerSpec.Image}}"
    )


def test_a_moved_alias_is_followed_by_every_node(cluster: Cluster, note: Note) -> None:
    whole(cluster)
    trainer = cluster.container("retrainer")
    move = ("exec", trainer, "python", "/opt/trainer/entrypoint.py")
    # Another training of the same rows is the same model, and publishes none.
    copy = cluster.docker("exec", trainer, "python", "-c", COPY, "iris_clf", "1").split()[-1]
    with Clients(cluster.addresses) as clients:
        cluster.docker(*move, "promote", f"--version={copy}")
        wait_until(lambda: {one for _, one in clients.seen.versions[-30:]} == {copy}, "the copy answers", seconds=60)
        begun = time.monotonic()
        cluster.docker(*move, "promote", "--version=1")
        ended = time.monotonic()
        wait_until(lambda: {one for _, one in clients.seen.versions[-60:]} == {"1"}, "version 1 answers", seconds=60)
    last = max(at for at, version in clients.seen.versions if version == copy)
    note(f"alias moved: last answer of the old version {max(0.0, last - ended):.1f} s after the move, "
         f"{last - begun:.1f} s after the command (bar 5): {clients.seen.line()}")  # fmt: skip
    assert (clients.seen.bad, clients.seen.cut) == ([], [])
    assert last - ended <= 2 * 2 + 1


def test_the_sum_over_the_targets_is_what_was_answered(cluster: Cluster, note: Note) -> None:
    whole(cluster)
    total = 'sum(http_requests_total{route="/predict",method="POST",status="200"})'
    time.sleep(12)  # two scrapes, so that the counters stand still
    before = cluster.asked(total)
    with Clients(cluster.addresses) as clients:
        time.sleep(20)
    answered = len(clients.seen.answered)
    wait_until(lambda: cluster.asked(total) - before >= answered, "Prometheus counts them", seconds=60)
    counted, apis = cluster.asked(total) - before, cluster.asked("count(up{job='api'})")
    note(f"metrics: {answered:,} answered, {counted:,.0f} counted over {apis:.0f} apis")
    assert counted == answered


def test_a_worker_node_that_loses_its_power_costs_its_clients_one_request_each(cluster: Cluster, note: Note) -> None:
    whole(cluster)
    with Clients(cluster.addresses) as clients:
        time.sleep(5)
        cluster.nodes("kill", "3")
        time.sleep(60)
        cluster.nodes("start", "3")
        time.sleep(20)
    took = landed(cluster, clients.seen, 180)
    more = unseen(cluster, clients.seen)
    note(
        f"a worker node killed for 60 s: {clients.seen.line()}; landed {took:.1f} s after; {more} records no client saw"
    )
    assert clients.seen.bad == []
    assert len(clients.seen.cut) <= 4  # 12 clients over three edges
    assert max(clients.seen.seconds) <= 1.0


def test_the_leader_with_database_and_registry_may_be_gone_for_two_minutes(cluster: Cluster, note: Note) -> None:
    whole(cluster)
    with Clients(cluster.addresses) as clients:
        time.sleep(5)
        cluster.nodes("kill", "1")
        time.sleep(120)
        cluster.nodes("start", "1")
        back = time.monotonic()
        wait_until(cluster.stores, "PostgreSQL is back", seconds=180)
        time.sleep(5)
    seen = clients.seen
    landed(cluster, seen, 240)
    took = time.monotonic() - back
    note(f"leader, PostgreSQL and MLflow gone for 120 s: {seen.line()}; landed {took:.0f} s after the return (bar 60); "
         f"{unseen(cluster, seen)} records no client saw")  # fmt: skip
    assert seen.bad == []
    assert len(seen.cut) <= 4
    whole(cluster, node=2)
    assert took <= 60
