"""A worker's application in this process, on a serving folder and a journal of the test's own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import structlog
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from tests.support.bundles import make_bundle, write_policy
from tests.support.following import NoProof


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """Events go to pytest's own handlers, in memory; a test that fills the disk must not fail for its log."""
    structlog.configure(
        processors=[structlog.stdlib.render_to_log_kwargs], logger_factory=structlog.stdlib.LoggerFactory()
    )
    yield
    structlog.reset_defaults()


@pytest.fixture
def serving(tmp_path: Path) -> Path:
    """A serving folder whose policy names a good bundle as version 1."""
    folder = tmp_path / "serving"
    write_policy(folder, 1, make_bundle(folder))
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        serving_dir=tmp_path / "serving",
        journal_dir=tmp_path / "journal",
        policy_poll_seconds=0.01,
        max_body_bytes=10_000,
        max_batch_rows=100,
    )


@pytest.fixture
def start() -> Iterator[Callable[[Settings], TestClient]]:
    with ExitStack() as stack:

        def make(settings: Settings) -> TestClient:
            app = create_app(settings, prover=NoProof(settings.serving_dir))
            return stack.enter_context(TestClient(app, "http://localhost", raise_server_exceptions=False))

        yield make


@pytest.fixture
def client(serving: Path, settings: Settings, start: Callable[[Settings], TestClient]) -> TestClient:
    """A running application with a model."""
    assert serving.is_dir()
    return start(settings)
