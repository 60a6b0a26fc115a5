"""A real MLflow that asks for a password: trainer and courier bring it from a file, and nobody else gets in."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from courier.errors import RegistryUnavailableError
from courier.registry import MlflowRegistry
from courier.settings import Settings as CourierSettings
from tests.support.servers import Server, free_port, http_answers
from trainer.errors import RegistryError
from trainer.settings import Settings as TrainerSettings
from trainer.versions import MlflowVersions

USER, PASSWORD = "platform", "a password for this test alone"


@pytest.fixture(scope="module")
def guarded_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home, port = tmp_path_factory.mktemp("guarded"), free_port()
    uri = f"http://127.0.0.1:{port}"
    config = home / "auth.ini"
    # its own database: MLflow's two schemas count their versions in a table of the same name
    config.write_text(f"[mlflow]\ndefault_permission = NO_PERMISSIONS\ndatabase_uri = sqlite:///{home}/auth.db\n")
    environment = {
        **os.environ,
        "MLFLOW_AUTH_CONFIG_PATH": str(config),
        "MLFLOW_AUTH_ADMIN_USERNAME": USER,
        "MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD,
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "a key for this test alone",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    command = [sys.executable, "-m", "mlflow", "server", "--app-name", "basic-auth", "--workers", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--backend-store-uri", f"sqlite:///{home}/mlflow.db"]
    command += ["--artifacts-destination", str(home / "artifacts")]
    with Server(command, environment, log=home / "server.log") as server:
        search = f"{uri}/api/2.0/mlflow/experiments/search?max_results=1"
        server.wait_until(lambda: http_answers(search, 401), "MLflow asks for a password", seconds=90)
        yield uri


@pytest.fixture
def password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the password; what the client was told is forgotten afterwards."""
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.setenv(name, "")
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    return file


def test_courier_and_trainer_get_in_with_the_password_of_a_file(guarded_mlflow: str, password: Path) -> None:
    create = f"{guarded_mlflow}/api/2.0/mlflow/registered-models/create"
    httpx2.post(create, json={"name": "iris_clf"}, auth=(USER, PASSWORD), timeout=30).raise_for_status()
    settings = {"mlflow_tracking_uri": guarded_mlflow, "mlflow_tracking_username": USER}
    courier = CourierSettings(**settings, mlflow_tracking_password_file=password)
    registry = MlflowRegistry(guarded_mlflow, courier.read_registry_credentials)
    assert registry.knows("iris_clf")
    trainer = TrainerSettings(**settings, mlflow_tracking_password_file=password)
    assert MlflowVersions(trainer).state("iris_clf").versions == {}

    password.write_text("another")
    with pytest.raises(RegistryUnavailableError, match="authenticated"):
        registry.knows("iris_clf")
    password.unlink()
    with pytest.raises(RegistryUnavailableError, match="can't be read"):
        registry.knows("iris_clf")
    password.write_text(PASSWORD)  # as after a rotation: the courier was not started anew
    assert registry.knows("iris_clf")


def test_without_a_password_both_say_what_is_wrong_and_what_serves_stays(guarded_mlflow: str, password: Path) -> None:
    with pytest.raises(RegistryUnavailableError, match="authenticated"):
        MlflowRegistry(guarded_mlflow).knows("iris_clf")
    with pytest.raises(RegistryError, match="authenticated"):
        MlflowVersions(TrainerSettings(mlflow_tracking_uri=guarded_mlflow)).state("iris_clf")
    password.unlink()
    settings = TrainerSettings(
        mlflow_tracking_uri=guarded_mlflow, mlflow_tracking_username=USER, mlflow_tracking_password_file=password
    )
    with pytest.raises(RegistryError, match="can't be read"):
        MlflowVersions(settings)
    assert PASSWORD not in repr(TrainerSettings(mlflow_tracking_password=PASSWORD))  # type: ignore[arg-type]
