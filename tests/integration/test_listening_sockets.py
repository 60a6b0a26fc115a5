"""A listening socket that refuses new connections still hands over those that wait."""

import socket
from collections.abc import Iterator

import pytest

from api.server.sockets import refuse_new_connections, stop_listening


@pytest.fixture(params=["127.0.0.1", "::1"])
def listener(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.create_server((request.param, 0), family=family, backlog=8) as server:
        server.settimeout(0)
        yield server


def connect(listener: socket.socket) -> socket.socket:
    return socket.create_connection(listener.getsockname()[:2], timeout=5)


def test_new_connections_are_refused_and_the_waiting_one_is_answered(listener: socket.socket) -> None:
    with connect(listener) as early:
        early.sendall(b"ask")
        refuse_new_connections(listener)
        with pytest.raises(ConnectionRefusedError):
            connect(listener)
        [accepted] = stop_listening([listener], [])
        with accepted:
            assert not accepted.getblocking()
            assert accepted.recv(3) == b"ask"
            accepted.sendall(b"answer")
        assert early.recv(6) == b"answer"
    assert stop_listening([listener], []) == []


def test_a_connection_that_waits_at_a_closed_socket_is_reset() -> None:
    """Why all of them are accepted first, and none may come in between."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=8)
    with connect(listener) as late:
        listener.close()
        with pytest.raises(ConnectionResetError):
            late.recv(1)
