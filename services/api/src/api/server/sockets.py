"""Socket calls beyond asyncio: the bytes that a client has yet to take, and the end of a listening socket."""

import asyncio
import contextlib
import fcntl
import socket
import sys
import termios
from collections.abc import Iterable
from typing import Any

_NO_BYTES = bytes(4)
_SO_BINDTOIFINDEX = 62
"""Linux's number; :mod:`socket` has no name for it."""
_NO_INTERFACE = 2**31 - 1


def untaken(transport: asyncio.Transport, *, answering: bool) -> bool:
    """Whether the client has yet to take what was sent.

    An answer of a megabyte may lie with the kernel, which is asked unless a request is being answered.
    """
    if transport.get_write_buffer_size():
        return True
    if answering:
        return False
    number = transport.get_extra_info("socket").fileno()
    try:
        return fcntl.ioctl(number, termios.TIOCOUTQ, _NO_BYTES) != _NO_BYTES
    except OSError:
        return False


def address(name: Any) -> tuple[str, int] | None:
    """Host and port of a socket's name, where it has them."""
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) else None


def refuse_new_connections(listener: socket.socket) -> None:
    """Let the kernel refuse new connections, while those that wait or have started their handshake can be accepted.

    The socket is bound to an interface that does not exist (SO_BINDTOIFINDEX, Linux 5.7 without privileges). Other
    systems leave it as it is: there the last worker's close resets a connection that comes in that moment.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, _SO_BINDTOIFINDEX, _NO_INTERFACE)


def stop_listening(
    listeners: Iterable[socket.socket], servers: Iterable[asyncio.AbstractServer]
) -> list[socket.socket]:
    """Close the servers of ``listeners``, and return the connections that the kernel has accepted already.

    The last worker that closes the listening socket resets the connections that wait there, and a client may have sent
    its request. The backlog stays, as it also serves the workers that go on listening; without one the kernel answers
    by cookie and then forgets half a request.
    """
    waiting = []
    for listener in listeners:
        with contextlib.suppress(BlockingIOError):
            while True:
                waiting.append(listener.accept()[0])
    for server in servers:
        server.close()
    for connection in waiting:
        connection.setblocking(False)  # noqa: FBT003
    return waiting
