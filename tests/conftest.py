"""What every test gets: an environment without the developer's own settings."""

import os
from pathlib import Path

import pytest

KEPT = {"PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "CI", "DOCKER_HOST", "TERM", "USER", "SSL_CERT_FILE"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of integration tests first: they take longest, and shared among processes the short ones fill the gaps."""
    servers = Path(__file__).parent / "integration"
    items.sort(key=lambda item: not item.path.is_relative_to(servers))


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drop every variable a setting could come from, so that a test sees defaults and what it sets itself."""
    for name in set(os.environ) - KEPT:
        if not name.startswith(("PYTEST_", "PIP_", "COMPOSE_TEST_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
