"""What every test gets: an environment without the developer's own settings."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.missing import left_out, program_of
from tests.support.mlflow_server import running_mlflow

KEPT = {"PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "CI", "DOCKER_HOST", "TERM", "USER", "SSL_CERT_FILE"}


def pytest_addoption(parser: pytest.Parser) -> None:
    words = "a file for the names of the tests that were left out for a missing program; pytest takes it as @FILE"
    parser.addoption("--left-out", type=Path, metavar="FILE", help=words)


def pytest_configure() -> None:
    """Fixtures of a session are set up before those of a function: their processes get the same bare environment."""
    for name in foreign_variables():
        del os.environ[name]
    # A busy machine draws examples slowly; that says nothing about the code.
    settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("untimed")


def foreign_variables() -> set[str]:
    """The variables a setting could come from, and what Python itself reads, e.g. PYTHONIOENCODING."""
    return {name for name in set(os.environ) - KEPT if not name.startswith(("PYTEST_", "PIP_", "COMPOSE_TEST_"))}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take longest first, so that among processes the short ones fill the gaps: integration, from the
    trainer's back to the api's, then all others."""
    servers = Path(__file__).parent / "integration"
    first = [item for item in items if item.path.is_relative_to(servers)]
    others = [item for item in items if not item.path.is_relative_to(servers)]
    items[:] = [*sorted(first, key=lambda item: item.path, reverse=True), *others]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes that cannot be read name no test: a gzip header holds the second of its packing, so two processes of one
    run would collect two names. Such a case is called by its argument and its number, as an object is."""
    packed = isinstance(val, bytes) and not val.decode("latin-1").isprintable()
    return argname if packed else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> Iterator[None]:
    """One line for each missing program in the place of one for each fixture; other skips stay in pytest's own list."""
    skipped = terminalreporter.stats.get("skipped", [])
    lacking = [program for report in skipped if (program := program_of(report))]
    if file := config.getoption("left_out", default=None):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{report.nodeid}\n" for report in skipped if program_of(report)), encoding="utf-8")
    terminalreporter.stats["skipped"] = [report for report in skipped if not program_of(report)]
    yield
    terminalreporter.stats["skipped"] = skipped  # the closing line counts them all
    for line in left_out(lacking):
        terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drop every variable a setting could come from, so that a test sees defaults and what it sets itself."""
    for name in foreign_variables():
        monkeypatch.delenv(name)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "1")


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an MLflow server of this session."""
    with running_mlflow(tmp_path_factory.mktemp("mlflow")) as uri:
        yield uri
