"""Walk one table the way a person would: draft a contract, train, publish, serve, ask for each row."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scripts.exam.grade import Grade, read_grade
from scripts.exam.tables import Table
from scripts.run.copies import copy_checkout

DEADLINE_SECONDS = 1200.0


@dataclass
class Walk:
    """How far a table came. `steps` that were done, in order; `failure` is the end of what the next one printed."""

    table: Table
    steps: list[str] = field(default_factory=list)
    failure: str = ""
    seconds: float = 0.0
    cpu: float = 0.0
    """Seconds of CPU of the steps and of all that they started; they hardly depend on the machine's other work."""
    peak_mb: float = 0.0
    """Resident memory of the largest process."""
    load: float = 0.0
    """The machine's, when the walk ended: the mean number of processes that wanted a core in the last five minutes."""
    grade: Grade | None = None

    @property
    def faults(self) -> list[str]:
        """Why the table does not pass; empty when it does."""
        if self.failure or self.grade is None:
            return [f"ended after {self.steps[-1] if self.steps else 'nothing'}"]
        return self.grade.faults(self.table, self.seconds, self.peak_mb)


def walk(table: Table, csv: Path, checkout: Path, home: Path) -> Walk:
    """Take the table through a copy of `checkout` in `home`, which is emptied first.

    Neither the draft nor params.yaml is edited. The log of each step is in `home`/exam.log.
    """
    copy_checkout(checkout, home)
    shutil.copy(csv, home / csv.name)
    done = Walk(table)
    started = time.monotonic()
    log = home / "exam.log"
    python = [sys.executable, "-m"]
    if _step(done, "contract", [*python, "trainer", "contract", csv.name, table.target], home, log):
        drafts = list((home / "data").glob("*.contract.yaml"))
        drafts[0].replace(home / "data" / "contract.yaml")
        if _step(done, "demo", [*python, "scripts.run", "demo"], home, log):
            done.seconds, done.load = time.monotonic() - started, os.getloadavg()[1]
            # Not part of the walk: a person who trains a table does not fit its winner five more times.
            done.grade = read_grade(table, home)
            return done
    done.seconds, done.load = time.monotonic() - started, os.getloadavg()[1]
    return done


def _step(done: Walk, name: str, command: list[str], home: Path, log: Path) -> bool:
    with log.open("ab") as output:
        output.write(f"$ {' '.join(command)}\n".encode())
        output.flush()
        at = output.tell()
        process = subprocess.Popen(
            command, cwd=home, env=environment(os.environ), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        code = _ended(done, process)
    if code:
        words = log.read_bytes()[at:].decode(errors="replace").strip().splitlines()
        done.failure = "\n".join(words[-12:]) or f"exit code {code}"
        return False
    done.steps.append(name)
    return True


def _ended(done: Walk, process: "subprocess.Popen[bytes]") -> int:
    """The exit code; what is not done in time is asked to end."""
    end = time.monotonic() + DEADLINE_SECONDS
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            done.cpu += usage.ru_utime + usage.ru_stime
            done.peak_mb = max(done.peak_mb, usage.ru_maxrss / 1024)
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode
        if time.monotonic() > end:
            process.terminate()
            end = float("inf")
        time.sleep(0.1)


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """DVC's stages say `python`: that of this environment. No address of another platform is taken over."""
    kept = {name: value for name, value in given.items() if name not in {"MLFLOW_TRACKING_URI", "COURIER_URL"}}
    path = f"{Path(sys.executable).parent}:{given.get('PATH', '')}"
    return kept | {"PATH": path, "COLUMNS": "80", "ORT_DISABLE_TELEMETRY": "1", "DVC_NO_ANALYTICS": "1"}
