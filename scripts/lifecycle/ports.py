"""Free ports on the loopback address."""

import socket

from scripts.lifecycle.errors import LifecycleError

HOST = "127.0.0.1"
TRIES = 100


def is_taken(port: int) -> bool:
    """Whether somebody answers on `port`, or the system won't let us have it."""
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


def choose(preferred: int) -> int:
    """`preferred` where it is free, else the next free port above it.

    Raises LifecycleError when none of the next 100 ports is free.
    """
    for port in range(preferred, min(preferred + TRIES, 65536)):
        if not is_taken(port):
            return port
    raise LifecycleError(
        f"no free port between {preferred} and {preferred + TRIES - 1}; name one with --api-port or --mlflow-port"
    )


def free_port() -> int:
    """Any port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
