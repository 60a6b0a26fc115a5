"""Runs work on files from the registry in a process of its own with limits, so that it can't harm the trainer."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trainer.errors import TrainerError

MIB = 1024 * 1024
REFUSED = 3
"""The exit status of a child that found out itself what is wrong; its output says it."""
LONGEST_REASON = 180
CGROUP = Path("/sys/fs/cgroup")
"""Of a container: its own limits. A limit of `max` is none."""
KEPT = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "PYTHONPATH", "TMPDIR")


class ChampionError(TrainerError):
    """A version of the registry can't be compared with: it is not what it says, or broke a limit."""


@dataclass(frozen=True)
class Limits:
    """The limits of a child. Past one of them it ends."""

    seconds: float
    """By the clock, from its start."""
    memory: int
    """Bytes more than it has once its libraries are loaded."""
    file: int
    """Bytes of the largest file that it may write."""


TRIAL = Limits(seconds=60, memory=512 * MIB, file=256 * MIB)
"""The limits of a model that answers the gate's rows."""
DOWNLOAD = Limits(seconds=180, memory=1024 * MIB, file=512 * MIB)
"""The limits of a bundle's download; each file is also held to the size that the registry lists."""


def answers_of(
    model: bytes, rows: npt.NDArray[np.float32], output: str, width: int, folder: Path, limits: Limits = TRIAL
) -> npt.NDArray[np.float64]:
    """`output` of an ONNX model for `rows` (n x columns), n x `width`; `folder` is empty and for this alone.

    Raises ChampionError when it breaks a limit, wants files from elsewhere, or answers anything else.
    """
    (folder / "model.onnx").write_bytes(model)
    np.save(folder / "rows.npy", rows, allow_pickle=False)
    run("trainer.gate.confined_model", [output], folder, environment_of_a_model(), limits)
    try:
        found = np.load(folder / "answers.npy", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ChampionError(f"its answers can't be read: {error}") from error
    shapes = {(len(rows), width)} | ({(len(rows),)} if width == 1 else set())
    if found.shape not in shapes or found.dtype.kind != "f" or not np.isfinite(found).all():
        raise ChampionError(f"its {output} of {len(rows)} rows are no {len(rows)} x {width} finite numbers")
    return np.asarray(found, dtype=np.float64)


def run(program: str, arguments: Sequence[str], folder: Path, environment: dict[str, str], limits: Limits) -> None:
    """Run one of our own modules in `folder`. Raises ChampionError with the reason when it does not end well."""
    command = own_module(program, limits.memory, limits.file, _cpu(limits))
    log = folder / "printed.txt"
    with log.open("wb") as printed:
        child = subprocess.Popen(  # noqa: S603 - our own words
            [*command, *arguments],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed,
        )  # fmt: skip
        try:
            status = child.wait(limits.seconds)
        except subprocess.TimeoutExpired:
            raise ChampionError(f"it was not done after {limits.seconds:g} s") from None
        finally:
            # In the group of the trainer, so that it also ends with it; it starts no process itself.
            child.kill()
            child.wait()
    if status:
        raise ChampionError(reason_of(status, log))


def own_module(program: str, *words: object) -> list[str]:
    """One of our own modules as a program. -P: a file of its folder is not a module."""
    return [sys.executable, "-P", "-m", program, *map(str, words)]


def environment_of_a_model() -> dict[str, str]:
    """Nothing that the trainer may do in its environment's name is the model's business."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    # Its telemetry keeps a database in the home folder, which may be larger than the child may write.
    return kept | {"ORT_DISABLE_TELEMETRY": "1"}


def limit(memory: int, file: int, cpu_seconds: int) -> None:
    """Limit the child, once its libraries are loaded and before it reads anything from elsewhere."""
    resource.setrlimit(resource.RLIMIT_DATA, (_data_bytes() + memory,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file, file))
    # Python ignores it, and then a library may go on with half a file.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextmanager
def tighter(memory: int, cpu_seconds: int) -> Iterator[None]:
    """Limit this process for one part of its work: bytes more than it has, and seconds of CPU more than it has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    wanted = {
        resource.RLIMIT_DATA: _data_bytes() + memory,
        resource.RLIMIT_CPU: int(used.ru_utime + used.ru_stime) + 1 + cpu_seconds,
    }
    before = {what: resource.getrlimit(what) for what in wanted}
    for what, most in wanted.items():
        soft, hard = before[what]
        resource.setrlimit(what, (most if soft == resource.RLIM_INFINITY else min(most, soft), hard))
    try:
        yield
    finally:
        for what, limits in before.items():
            resource.setrlimit(what, limits)


def _cpu(limits: Limits) -> int:
    # A child whose trainer was killed is waited for by nobody: then this ends it.
    return int(limits.seconds) + 5


def reason_of(status: int, log: Path) -> str:
    """Why a child ended with this status; `log` is its output."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode(errors="replace").strip().splitlines()
    last = (lines[-1] if lines else "it printed nothing")[:LONGEST_REASON]
    if status == REFUSED:
        return last
    if status == -signal.SIGXCPU:
        return "it used up the CPU time that it may have"
    if status == -signal.SIGXFSZ:
        return f"more bytes came than are listed or allowed: {last}"
    how = f"signal {-status}" if status < 0 else f"status {status}"
    return f"its process ended with {how}: {last}"


def free_memory() -> int:
    """Bytes that this machine, or this container where it has a limit, can still give."""
    free = _kilobytes("/proc/meminfo", "MemAvailable:")
    try:
        most, used = (int((CGROUP / name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):
        return free
    return min(free, max(most - used, 0))


def _data_bytes() -> int:
    """The memory that RLIMIT_DATA counts: private and writable."""
    return _kilobytes("/proc/self/status", "VmData:")


def _kilobytes(file: str, name: str) -> int:
    """Bytes of a line of kilobytes."""
    lines = Path(file).read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
