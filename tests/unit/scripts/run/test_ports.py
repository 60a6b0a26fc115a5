"""A taken port is seen and stepped over (loopback only; the one unit test that needs a real socket)."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import pytest_socket

from scripts.run.ports import choose, is_taken


@pytest.fixture
def listener() -> Iterator[int]:
    pytest_socket.enable_socket()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_taken_port_is_stepped_over_and_a_free_one_is_kept(listener: int) -> None:
    with ExitStack() as claims:
        free = choose(listener, claims)
        assert free > listener
    with ExitStack() as claims:
        assert choose(free, claims) == free


def test_two_checkouts_that_start_together_choose_different_ports(listener: int) -> None:
    with ExitStack() as one, ExitStack() as other:
        assert choose(listener, one) != choose(listener, other)


def test_a_port_somebody_answers_on_is_taken(listener: int) -> None:
    assert is_taken(listener)
