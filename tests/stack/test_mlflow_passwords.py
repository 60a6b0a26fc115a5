"""MLflow asks for passwords by one setting, from empty volumes and on those there are; everybody brings theirs."""

import json
from collections.abc import Iterator

import httpx2
import pytest

from tests.stack.conftest import StackFactory, predict
from tests.stack.platform import Stack, run
from tests.stack.test_verbs import environment_of
from tests.support.servers import wait_until

STARTED = ("mlflow", "courier", "api")
HERE_ONLY = ("--no-build", "--pull", "never")
FORGET = "rm /srv/secrets/mlflow/*_password /srv/secrets/*/mlflow_password"


@pytest.fixture(scope="module")
def guarded(new_stack: StackFactory) -> Iterator[Stack]:
    """What a prediction needs, from empty volumes and with the setting in `.env`; the training runs beside."""
    made = new_stack("guarded", MLFLOW_AUTH="basic")
    made.compose("up", "--detach", *HERE_ONLY, "trainer", *STARTED)
    made.compose("up", "--wait", *HERE_ONLY, *STARTED)
    yield made
    made.down()


def passwords(stack: Stack) -> dict[str, str]:
    """By user."""
    users = ("admin", "trainer", "courier")
    return {user: stack.inside("mlflow", "cat", f"/run/secrets/mlflow/{user}_password") for user in users}


def production(stack: Stack, login: tuple[str, str] | None = None) -> httpx2.Response:
    """The answer to who has the alias, asked on the published port."""
    address = f"{stack.url('mlflow')}/api/2.0/mlflow/registered-models/alias?name=iris_clf&alias=production"
    return httpx2.get(address, auth=login, timeout=10)


def followed(stack: Stack) -> bool:
    """Whether the registry answered the courier last time."""
    ask = (
        "from urllib.request import urlopen; print(urlopen('http://127.0.0.1:9102/health', timeout=4).read().decode())"
    )
    return bool(json.loads(stack.inside("courier", "python", "-c", ask))["registry"]["up"])


def test_it_publishes_follows_and_answers_and_lets_nobody_else_in(guarded: Stack) -> None:
    assert predict(guarded)["label_name"] == "setosa"
    wait_until(lambda: guarded.container("trainer")["State"]["Status"] == "exited", "the training has ended", 120)
    assert guarded.container("trainer")["State"]["ExitCode"] == 0
    assert followed(guarded)
    held = passwords(guarded)
    for login in (None, ("admin", "admin"), ("admin", held["courier"])):
        assert production(guarded, login).status_code == 401, login
    for user, password in held.items():
        assert production(guarded, (user, password)).json()["model_version"]["version"] == "1"


def test_the_addresses_come_with_the_password_and_the_engine_shows_none(guarded: Stack) -> None:
    held = passwords(guarded)
    printed = run("scripts/run/stack/addresses.sh", environment=environment_of(guarded)).stdout
    assert f"MLflow, which asks for a password: admin / {held['admin']}\n" in printed
    shown = [json.dumps(guarded.container(name)) for name in ("secrets", "postgres", "trainer", *STARTED)]
    shown.append(guarded.compose("logs", "--no-color").stdout)
    assert [user for user, password in held.items() if any(password in text for text in shown)] == []


def test_it_is_switched_off_and_on_on_the_volumes_there_are_and_passwords_can_be_made_anew(guarded: Stack) -> None:
    before, version = passwords(guarded), production(guarded, ("admin", passwords(guarded)["admin"])).json()
    guarded.environment["MLFLOW_AUTH"] = ""
    guarded.compose("up", "--wait", *HERE_ONLY, *STARTED)
    assert production(guarded).json() == version
    wait_until(lambda: followed(guarded), "the courier has asked it, with a password that nobody looks at", 60)
    assert (
        "asks for a password" not in run("scripts/run/stack/addresses.sh", environment=environment_of(guarded)).stdout
    )

    guarded.compose("run", "--rm", "--no-TTY", "--no-deps", "--entrypoint", "sh", "secrets", "-c", FORGET)
    guarded.environment["MLFLOW_AUTH"] = "basic"
    guarded.compose("up", "--wait", *HERE_ONLY, *STARTED)
    anew = passwords(guarded)
    assert not set(anew.values()) & set(before.values())
    assert production(guarded, ("admin", before["admin"])).status_code == 401
    assert production(guarded, ("admin", anew["admin"])).json() == version
    wait_until(lambda: followed(guarded), "the courier has brought its new password", 60)
    assert "production" in guarded.compose("run", "--rm", "--no-TTY", "--no-deps", "trainer", "models").stdout
