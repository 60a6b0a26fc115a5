"""`make lock`: resolve every package once, then cut each service's lock out of that resolution."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WHOLE = "requirements.lock.txt"
PACKAGES = ("api", "courier", "trainer")
# Hashes and versions only: an address in a lock file would tie people to one mirror.
FLAGS = (
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
)


def compile_lock(*arguments: str) -> None:
    """Run the resolver; ends the program with its exit code when it finds no solution."""
    done = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "compile", "--quiet", *FLAGS, *arguments], cwd=ROOT, check=False
    )
    if done.returncode:
        sys.exit(done.returncode)


def main() -> None:
    projects = [f"services/{name}/pyproject.toml" for name in PACKAGES]
    server = "services/mlflow/requirements.in"
    compile_lock("--group", "dev", "--all-extras", *projects, server, "--output-file", WHOLE)
    for source in (*projects, server):
        extras = [] if source == server else ["--all-extras"]
        compile_lock(*extras, "--constraint", WHOLE, source, "--output-file", str(Path(source).parent / WHOLE))


if __name__ == "__main__":
    main()
