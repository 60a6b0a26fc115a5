"""A real MLflow that asks for passwords, started as in its container: everybody comes in as far as they have to."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx2
import make_secrets
import pytest
from pydantic import SecretStr

from courier.errors import RegistryUnavailableError
from courier.following.registry import MlflowRegistry
from courier.settings import Settings as CourierSettings
from tests.support.servers import Server, free_port, http_answers
from trainer.errors import RegistryError
from trainer.registry.versions import MlflowVersions
from trainer.settings import Settings as TrainerSettings

ROOT = Path(__file__).resolve().parents[2]
MODEL = "iris_clf"


class Guarded(NamedTuple):
    """An MLflow that asks, and the secrets as they lie in the volumes."""

    uri: str
    secrets: Path

    def ask(self, verb: str, path: str, user: str = "", **content: str) -> httpx2.Response:
        password = (self.secrets / f"mlflow/{user}_password").read_text() if user else ""
        login = (user, password) if user else None
        return httpx2.request(verb, f"{self.uri}/api/2.0/mlflow/{path}", json=content, auth=login, timeout=30)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    home, port = tmp_path_factory.mktemp("guarded"), free_port()
    for reader in ("postgres", "mlflow", "trainer", "courier", "grafana"):
        (home / "secrets" / reader).mkdir(parents=True)
    (home / "secrets/mlflow/database_url").write_text(f"sqlite:///{home}/100%25.db")
    make_secrets.make(home / "secrets")
    (home / "mlflow").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mlflow "$@"\n')
    (home / "mlflow").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(home), os.environ["PATH"]]),
        "TMPDIR": str(home),
        "MLFLOW_AUTH": "basic",
        "MLFLOW_BACKEND_STORE_URI_FILE": str(home / "secrets/mlflow/database_url"),
        "MLFLOW_ARTIFACTS_DESTINATION": str(home / "artifacts"),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    command = [sys.executable, str(ROOT / "services/mlflow/entrypoint.py"), "server", "--workers", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    server = Guarded(f"http://127.0.0.1:{port}", home / "secrets")
    with Server(command, environment, log=home / "server.log") as process:
        search = f"{server.uri}/api/2.0/mlflow/experiments/search?max_results=1"
        process.wait_until(lambda: http_answers(search, 401), "MLflow asks for a password", seconds=90)
        # as on a volume from before it asked: what is there belongs to nobody who writes now
        server.ask("POST", "registered-models/create", "admin", name=MODEL).raise_for_status()
        made = server.ask("POST", "runs/create", "admin", experiment_id="0").raise_for_status().json()["run"]["info"]
        version = {"name": MODEL, "source": made["artifact_uri"], "run_id": made["run_id"]}
        server.ask("POST", "model-versions/create", "admin", **version).raise_for_status()
        yield server


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client forgets the password afterwards."""
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.setenv(name, "")


def follower(guarded: Guarded, password: Path) -> MlflowRegistry:
    settings = CourierSettings(
        mlflow_tracking_uri=guarded.uri, mlflow_tracking_username="courier", mlflow_tracking_password_file=password
    )
    return MlflowRegistry(guarded.uri, settings.read_registry_credentials)


def test_the_trainer_moves_an_alias_of_somebody_elses_model_and_the_courier_sees_it(guarded: Guarded) -> None:
    courier = follower(guarded, guarded.secrets / "courier/mlflow_password")
    settings = TrainerSettings(
        mlflow_tracking_uri=guarded.uri,
        mlflow_tracking_username="trainer",
        mlflow_tracking_password_file=guarded.secrets / "trainer/mlflow_password",
    )
    assert MlflowVersions(settings).state(MODEL).versions.keys() == {"1"}
    move = {"name": MODEL, "alias": "production", "version": "1"}
    assert guarded.ask("POST", "registered-models/alias", "trainer", **move).status_code == 200
    seen = courier.resolve(MODEL, "production")
    assert seen is not None
    assert seen.version == "1"


@pytest.mark.parametrize(
    ("user", "verb", "path", "content"),
    [
        ("courier", "POST", "registered-models/alias", {"name": MODEL, "alias": "production", "version": "1"}),
        ("courier", "POST", "model-versions/create", {"name": MODEL, "source": "mlflow-artifacts:/1/x"}),
        ("courier", "DELETE", "registered-models/delete", {"name": MODEL}),
        ("trainer", "PATCH", "users/update-password", {"username": "admin", "password": "a password of its own"}),
        ("trainer", "POST", "users/create", {"username": "friend", "password": "a password of its own"}),
    ],
)
def test_nobody_may_more_than_they_have_to(
    guarded: Guarded, user: str, verb: str, path: str, content: dict[str, str]
) -> None:
    assert guarded.ask(verb, path, **content).status_code == 401
    assert guarded.ask(verb, path, user, **content).status_code == 403


def test_a_changed_password_is_brought_without_a_restart_and_a_wrong_one_is_reported(
    guarded: Guarded, tmp_path: Path
) -> None:
    right, password = guarded.secrets / "courier/mlflow_password", tmp_path / "password"
    registry = follower(guarded, password)
    with pytest.raises(RegistryUnavailableError, match="can't be read"):
        registry.knows(MODEL)
    password.write_text("another")
    with pytest.raises(RegistryUnavailableError, match="authenticated"):
        registry.knows(MODEL)
    shutil.copyfile(right, password)
    assert registry.knows(MODEL)


def test_without_a_password_both_say_what_is_wrong(guarded: Guarded, tmp_path: Path) -> None:
    with pytest.raises(RegistryUnavailableError, match="authenticated"):
        MlflowRegistry(guarded.uri).knows(MODEL)
    with pytest.raises(RegistryError, match="authenticated"):
        MlflowVersions(TrainerSettings(mlflow_tracking_uri=guarded.uri)).state(MODEL)
    settings = TrainerSettings(
        mlflow_tracking_uri=guarded.uri,
        mlflow_tracking_username="trainer",
        mlflow_tracking_password_file=tmp_path / "none",
    )
    with pytest.raises(RegistryError, match="can't be read"):
        MlflowVersions(settings)
    assert "a password" not in repr(TrainerSettings(mlflow_tracking_password=SecretStr("a password")))


def test_what_holds_the_databases_password_is_for_its_owner_alone(guarded: Guarded) -> None:
    (config,) = guarded.secrets.parent.glob("mlflow-auth-*.ini")
    assert config.stat().st_mode & 0o777 == 0o600
    held = [file.read_text() for file in guarded.secrets.glob("mlflow/*") if file.name != "database_url"]
    assert [secret for secret in held if secret in config.read_text() or secret in _log(guarded)] == []


def _log(guarded: Guarded) -> str:
    return (guarded.secrets.parent / "server.log").read_text()
