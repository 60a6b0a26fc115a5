"""The questions of a connection to its socket."""

import asyncio
import fcntl
import termios
from typing import Any

_NO_BYTES = bytes(4)


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
