"""What every test gets: an environment without the developer's own settings."""

import os

import pytest

KEPT = {"PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "CI", "DOCKER_HOST", "TERM", "USER", "SSL_CERT_FILE"}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drop every variable a setting could come from, so that a test sees defaults and what it sets itself."""
    for name in set(os.environ) - KEPT:
        if not name.startswith(("PYTEST_", "PIP_", "COMPOSE_TEST_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
