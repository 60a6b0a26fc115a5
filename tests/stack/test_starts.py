"""A start that can't fail: in any order, with late dependencies, cut short, and after a training that failed."""

import random
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

from tests.stack.conftest import StackFactory, predict
from tests.stack.platform import ONE_SHOTS, Stack, run
from tests.support.servers import http_answers, wait_until

LATE_SECONDS = 30


@pytest.fixture
def fresh(new_stack: StackFactory) -> Iterator[Stack]:
    """A stack with empty volumes that ends with the test."""
    made = new_stack("fresh")
    yield made
    made.down()


@pytest.fixture(scope="module")
def late_start(
    new_stack: StackFactory, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stack, Future[object]]]:
    """A stack whose dependencies are late, and its start, which mostly sleeps while the other tests work."""
    override = tmp_path_factory.mktemp("late") / "override.yml"
    services = {
        "secrets": late("python", "/opt/mlflow/make_secrets.py"),
        "postgres": late("sh", "/opt/postgres/start.sh"),
        "mlflow": {
            **late("python", "/opt/mlflow/entrypoint.py"),
            "command": ["server", "--host", "0.0.0.0", "--port", "5000", "--workers", "1"],
        },
    }
    override.write_text(yaml.safe_dump({"services": services}))
    stack = new_stack("late", override)
    with ThreadPoolExecutor(1) as background:
        yield stack, background.submit(stack.up)
    stack.down()


def late(*command: str) -> dict[str, object]:
    """The same program, half a minute later."""
    return {"entrypoint": ["sh", "-c", f'sleep {LATE_SECONDS}; exec "$$@"', "late", *command]}


@pytest.mark.parametrize("seed", [1])
@pytest.mark.usefixtures("late_start")
def test_it_starts_in_any_order(seed: int, fresh: Stack) -> None:
    stack = fresh
    order = random.Random(seed).sample(stack.services, len(stack.services))
    for service in order:
        stack.compose("up", "--detach", "--no-deps", "--no-build", "--pull", "never", service)
    stack.up()
    predict(stack)


def test_a_first_start_of_postgresql_that_was_cut_short_is_made_again(fresh: Stack) -> None:
    stack = fresh
    stack.compose("up", "--detach", "--no-build", "--pull", "never", "postgres")
    name = stack.container("postgres")["Name"].lstrip("/")
    half = "[ -e $PGDATA/PG_VERSION ] && [ ! -e $PGDATA/../initialised ]"
    probe = ("docker", "exec", name, "sh", "-c", half)
    wait_until(lambda: run(*probe, check=False).returncode == 0, "the cluster is half made", 30)
    run("docker", "kill", name)
    stack.compose("up", "--wait", "--no-build", "--pull", "never", "postgres")
    assert "the first start did not finish" in stack.compose("logs", "postgres").stdout
    assert {row[0] for row in stack.sql("SELECT rolname FROM pg_roles")} >= {"mlflow", "courier", "grafana"}


def test_it_starts_when_every_dependency_is_late(late_start: tuple[Stack, Future[object]]) -> None:
    stack, start = late_start
    start.result(timeout=600)
    predict(stack)


def test_a_failed_training_or_a_dead_registry_does_not_take_the_serving_side_down(
    stack: Stack, new_stack: StackFactory, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.yml"
    refused = {
        "mlflow": {"entrypoint": ["false"], "healthcheck": {"start_period": "1s", "interval": "1s", "retries": 1}}
    }
    broken.write_text(yaml.safe_dump({"services": refused}))
    stack.compose("down")
    whole = stack.overrides
    stack.overrides = (*whole, broken)
    try:
        ended = stack.up(check=False)
        assert ended.returncode != 0, "a registry that does not start is not a success"
        for service in set(stack.running) - {"mlflow"}:
            wait_until(lambda: _healthy(stack, service), f"{service} is healthy", 60)  # noqa: B023 - asked before the next
        assert stack.container("trainer")["State"]["ExitCode"] != 0
        assert http_answers(f"{stack.url('api')}/health/ready")
        predict(stack)
    finally:
        stack.overrides = whole
        stack.up()
    assert all(stack.container(one_shot)["State"]["ExitCode"] == 0 for one_shot in ONE_SHOTS)


def _healthy(stack: Stack, service: str) -> bool:
    state = stack.container(service)["State"]
    return state["Running"] is True and state["Health"]["Status"] == "healthy"
