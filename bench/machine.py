"""The machine and the versions behind the figures."""

import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psutil


def machine() -> dict[str, str]:
    """The facts that a reader needs to compare figures with their own."""
    one, five, _ = os.getloadavg()
    return {
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 1024**3:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}",
        "wrk": subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout.split("[")[0].strip(),  # noqa: S607
        "load before": f"{one:.1f} over one minute, {five:.1f} over five",
    }


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def one_line(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
