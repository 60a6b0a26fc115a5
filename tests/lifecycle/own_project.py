"""A person's project outside of the repository: its verbs, and an api that serves what they publish."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.support.servers import Server, free_port

# One process for all of them: importing the libraries takes longer than the work.
VERBS = """
import sys
from rich.console import Console
from trainer.__main__ import main
console = Console(width=200)
for verb in sys.argv[1:]:
    assert main([verb], console, console) == 0
"""


def run(home: Path, *words: str, uri: str, status: int = 0) -> str:
    settings = {**os.environ, "MLFLOW_TRACKING_URI": uri, "COURIER_URL": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, *words], cwd=home, env=settings, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


@contextmanager
def serving(home: Path, uri: str, model: str) -> Iterator[str]:
    """The address of an api that follows the registry at `uri`, with a courier; both keep their files in `home`."""
    home.mkdir(exist_ok=True)
    port = free_port()
    settings = {
        **os.environ,
        "MLFLOW_TRACKING_URI": uri,
        "MODEL_NAME": model,
        "SERVING_DIR": str(home / "serving"),
        "JOURNAL_DIR": str(home / "journal"),
        "PROMETHEUS_MULTIPROC_DIR": str(home / "metrics"),
        "SQLITE_PATH": str(home / "audit.db"),
        "API_PORT": str(port),
        "API_WORKERS": "1",
        "COURIER_PORT": str(free_port()),
        "REGISTRY_POLL_SECONDS": "0.5",
    }
    with ExitStack() as stack:
        for name in ("courier", "api"):
            stack.enter_context(Server([sys.executable, "-m", name], settings, log=home / f"{name}.log", cwd=home))
        yield f"http://127.0.0.1:{port}"


def asked(url: str) -> dict[str, Any]:
    try:
        page: dict[str, Any] = httpx2.get(url, timeout=5).json()
    except (httpx2.HTTPError, ValueError):
        return {}
    return page


def in_audit(home: Path, prediction: str) -> bool:
    if not (home / "audit.db").exists():
        return False
    with sqlite3.connect(home / "audit.db") as store:
        try:
            return bool(store.execute("SELECT 1 FROM predictions WHERE id = ?", [prediction]).fetchall())
        except sqlite3.OperationalError:
            return False
