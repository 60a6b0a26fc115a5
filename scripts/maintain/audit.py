"""`make audit`: known vulnerabilities of every package any lock names."""

import subprocess
import sys
from pathlib import Path

from trainer.terminal import accept_any_text

ROOT = Path(__file__).resolve().parents[2]
# The whole resolution: each service's lock is a part of it (`make release` checks that).
LOCK = ROOT / "requirements.lock.txt"


def main() -> int:
    """pip-audit's exit code. Strict: a package the advisory service does not know fails, instead of passing unseen."""
    audit = ["-m", "pip_audit", "--strict", "--disable-pip", "--require-hashes", "--progress-spinner=off"]
    return subprocess.run([sys.executable, *audit, "--requirement", LOCK], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    accept_any_text()
    sys.exit(main())
