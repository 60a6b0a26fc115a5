"""Unit tests are sealed: opening an internet socket fails the test."""

from collections.abc import Iterator

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def sealed() -> Iterator[None]:
    # Unix sockets stay open: an event loop wakes itself through one.
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()
