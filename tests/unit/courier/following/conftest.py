"""A courier that follows a registry in memory."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import structlog
from prometheus_client import CollectorRegistry

from courier.following.following import Following
from courier.metrics import Metrics
from courier.testing import MemoryRegistry
from tests.support.clocks import Clock


@pytest.fixture
def registry() -> MemoryRegistry:
    return MemoryRegistry()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_following(
    tmp_path: Path, registry: MemoryRegistry, metrics: Metrics, clock: Clock
) -> Callable[..., Following]:
    return partial(
        Following,
        registry,
        tmp_path,
        "iris_clf",
        metrics,
        structlog.get_logger(),
        poll_seconds=2,
        keep_bundles=1,
        clock=clock,
    )


@pytest.fixture
def following(make_following: Callable[..., Following]) -> Following:
    return make_following()
