"""What a person types, from end to end: minutes, so these have a verb of their own (make test-lifecycle)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mlflow_server import running_mlflow


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.lifecycle)


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an MLflow server of this session."""
    with running_mlflow(tmp_path_factory.mktemp("mlflow")) as uri:
        yield uri
