"""What `mlflow` is started with; a program of that name stands where the image has the real one."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ENTRYPOINT = Path(__file__).resolve().parents[3] / "services/mlflow/entrypoint.py"
TELLING = "import json, os, sys; print(json.dumps({'arguments': sys.argv[1:], 'environment': dict(os.environ)}))"
SERVER = ("server", "--host", "0.0.0.0")
ADDRESS = "postgresql+psycopg://mlflow:s3cret@postgres:5432/mlflow"


class Started:
    """One run of the entrypoint."""

    def __init__(self, folder: Path, *arguments: str, **variables: str) -> None:
        program = folder / "mlflow"
        python = folder / "python"  # a shebang can't hold a path with a space
        python.unlink(missing_ok=True)
        python.symlink_to(sys.executable)
        program.write_text(f"#!{python} -IS\n{TELLING}\n")
        program.chmod(0o755)
        (folder / "database_url").write_text(f"{ADDRESS}\n")
        environment = {"PATH": str(folder), "MLFLOW_BACKEND_STORE_URI_FILE": str(folder / "database_url"), **variables}
        command = [sys.executable, str(ENTRYPOINT), *arguments]
        self._done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        self.status, self.complaint = self._done.returncode, self._done.stderr

    @property
    def given(self) -> dict[str, Any]:
        """The arguments and environment that `mlflow` got."""
        assert self.status == 0, self.complaint
        given: dict[str, Any] = json.loads(self._done.stdout)
        return given


def test_a_server_has_its_address_from_the_file_and_asks_nobody_by_default(tmp_path: Path) -> None:
    given = Started(tmp_path, *SERVER, MLFLOW_AUTH="").given
    assert given["arguments"] == list(SERVER)
    assert given["environment"]["MLFLOW_BACKEND_STORE_URI"] == ADDRESS
    assert not {name for name in given["environment"] if "AUTH" in name or "SECRET_KEY" in name}


def test_an_empty_variable_is_as_none(tmp_path: Path) -> None:
    given = Started(tmp_path, *SERVER, MLFLOW_S3_ENDPOINT_URL="", AWS_DEFAULT_REGION="eu").given
    assert "MLFLOW_S3_ENDPOINT_URL" not in given["environment"]
    assert given["environment"]["AWS_DEFAULT_REGION"] == "eu"


def test_upgrading_the_database_gets_its_address_and_makes_no_users(tmp_path: Path) -> None:
    given = Started(tmp_path, "db", "upgrade", MLFLOW_AUTH="basic").given
    assert given["arguments"] == ["db", "upgrade", ADDRESS]
    assert "MLFLOW_AUTH_CONFIG_PATH" not in given["environment"]


@pytest.mark.parametrize("word", ["Basic", "true", "none", "basic "])
def test_a_word_it_does_not_know_starts_nothing(tmp_path: Path, word: str) -> None:
    started = Started(tmp_path, *SERVER, MLFLOW_AUTH=word)
    assert started.status == 1
    assert f"MLFLOW_AUTH is {word!r} and can be basic" in started.complaint


def test_a_server_that_has_to_ask_does_not_start_without_its_passwords(tmp_path: Path) -> None:
    started = Started(tmp_path, *SERVER, MLFLOW_AUTH="basic")
    assert started.status == 1
    assert "admin_password" in started.complaint
    assert ADDRESS not in started.complaint
