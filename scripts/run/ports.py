"""Free ports on the loopback address."""

import fcntl
import os
import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path

from scripts.run.errors import LifecycleError

HOST = "127.0.0.1"
TRIES = 100


def is_taken(port: int) -> bool:
    """Whether `port` is busy or the system refuses it."""
    with socket.socket() as caller:
        caller.settimeout(0.5)
        # macOS lets a second process bind 127.0.0.1:5000 beside AirPlay's *:5000, so asking comes before binding.
        if caller.connect_ex((HOST, port)) == 0:
            return True
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def choose(preferred: int, claims: ExitStack) -> int:
    """`preferred` where it is free, else the next free port; no other checkout takes it until `claims` is closed.

    A server may take ten seconds until it listens. Without a claim a second checkout that starts in that time would
    choose the same port, and take the first one's server for its own.

    Raises LifecycleError when none of the next 100 ports is free.
    """
    for port in range(preferred, min(preferred + TRIES, 65536)):
        if not is_taken(port) and _claim(port, claims):
            return port
    raise LifecycleError(
        f"no free port between {preferred} and {preferred + TRIES - 1}; choose another with API_PORT or MLFLOW_PORT"
    )


def _claim(port: int, claims: ExitStack) -> bool:
    """Whether no other checkout of this user has chosen `port`; holds a lock for as long as `claims` is open."""
    folder = Path(tempfile.gettempdir()) / f"mlops-iris-ports-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(folder / str(port), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:
        # No place for locks: the port is free at this moment, which is all that can be known.
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    claims.callback(os.close, lock)
    return True


def free_port() -> int:
    """Any port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
