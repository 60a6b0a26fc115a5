"""A taken port is seen and stepped over (loopback only; the one unit test that needs a real socket)."""

import socket
from collections.abc import Iterator

import pytest
import pytest_socket

from scripts.lifecycle.ports import choose, is_taken


@pytest.fixture
def listener() -> Iterator[int]:
    pytest_socket.enable_socket()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_taken_port_is_stepped_over_and_a_free_one_is_kept(listener: int) -> None:
    free = choose(listener)
    assert free > listener
    assert choose(free) == free


def test_a_port_somebody_answers_on_is_taken(listener: int) -> None:
    assert is_taken(listener)
