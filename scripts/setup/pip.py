"""pip as a child: its lines become progress, all of them are kept in a log, its errors are shown."""

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from scripts.setup.errors import SetupError, cause_of

POLL_SECONDS = 0.5
MOST_ERRORS = 6
OPTIONS = ("--disable-pip-version-check", "--no-input", "--no-color", "--progress-bar", "off")


class Pip:
    """pip of the environment of `python`; `log` is overwritten."""

    def __init__(self, python: Path, root: Path, log: Path, needed_gb: float) -> None:
        self._python, self._root, self._log, self._needed_gb = python, root, log, needed_gb
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")

    def install(self, *what: str, watch: Callable[[str | None], None]) -> list[str]:
        """Call `watch` with each line, and with None where nothing was printed for a while.

        Returns the errors that pip printed although it went well. Raises SetupError.
        """
        command = [str(self._python), "-m", "pip", "install", *OPTIONS, *what]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8:backslashreplace"}
        with subprocess.Popen(
            command,
            cwd=self._root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as pip:
            lines = []
            for line in _lines(pip.stdout or ()):
                watch(line)
                if line is not None:
                    lines.append(line)
                    # A full disk is reported by pip; here it must not hide what pip says.
                    with contextlib.suppress(OSError), self._log.open("a", encoding="utf-8") as log:
                        log.write(line + "\n")
        errors = [line for line in lines if line.startswith("ERROR:")]
        if pip.returncode:
            cause = cause_of(
                "\n".join(lines), needed_gb=self._needed_gb, python=f"{sys.version_info[0]}.{sys.version_info[1]}"
            )
            shown = [f"  {line[:300]}" for line in errors or lines[-MOST_ERRORS:]][-MOST_ERRORS:]
            raise SetupError("\n".join([*shown, f"setup failed: {cause}. Everything pip printed: {self._log}"]))
        return errors


def _lines(output: Iterable[str]) -> Iterator[str | None]:
    read: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def follow() -> None:
        for line in output:
            read.put(line.rstrip("\n"))
        read.put(None)

    threading.Thread(target=follow, daemon=True).start()
    while True:
        try:
            line = read.get(timeout=POLL_SECONDS)
        except queue.Empty:
            yield None
            continue
        if line is None:
            return
        yield line
