"""Faults and overload against real processes. Each test ends by itself and says its figures: pytest -s shows them."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.apis import Api, running_api
from tests.support.bundles import make_bundle, write_policy

CLIENT_TIMEOUT = 6


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.torture)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """Two workers with a model and little patience for slow clients."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8192), most))
    write_policy(tmp_path / "serving", 1, make_bundle(tmp_path / "serving"), "1")
    with running_api(tmp_path, CLIENT_TIMEOUT=str(CLIENT_TIMEOUT)) as running:
        yield running
