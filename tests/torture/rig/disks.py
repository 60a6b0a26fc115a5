"""Small disks that can be filled: a tmpfs of a given size."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

BALLAST = "ballast"


@dataclass(frozen=True)
class Disk:
    """A file system of its own at ``path``."""

    path: Path

    def fill(self) -> None:
        """Until not one byte more fits."""
        with (self.path / BALLAST).open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(64 * 1024))
        with (self.path / BALLAST).open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(16))

    def free(self) -> None:
        (self.path / BALLAST).unlink()

    @property
    def free_share(self) -> float:
        held = os.statvfs(self.path)
        return held.f_bavail / held.f_blocks


@contextlib.contextmanager
def small_disk(path: Path, mebibytes: int) -> Iterator[Disk]:
    """A tmpfs; skips the test where this process may not mount one."""
    path.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0755", "tmpfs", str(path)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a full disk needs the right to mount a tmpfs (root): {mounted.stderr.strip()}")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)
