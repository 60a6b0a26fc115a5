"""Real servers for tests: the platform's own way to start and end a process, and a question over HTTP."""

import httpx2

from scripts.run.ports import free_port
from scripts.run.processes import Process as Server
from scripts.run.processes import wait_until

__all__ = ["Server", "free_port", "http_answers", "wait_until"]


def http_answers(url: str, status: int = 200) -> bool:
    """Whether a GET of `url` is answered with `status`."""
    try:
        return httpx2.get(url, timeout=5).status_code == status
    except httpx2.HTTPError:
        return False
