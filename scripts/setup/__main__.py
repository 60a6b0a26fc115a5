"""`python -m scripts.setup [--exact]`: what `make setup` and `make ci-install` do.

Installs the packages of requirements.lock.txt, every hash checked, and the three services from this checkout. Goes on
from what is there; a half-made environment is made again.
"""

import argparse
import shutil
import sys
import time
from pathlib import Path
from typing import TextIO

from scripts.setup.environment import Environment
from scripts.setup.errors import SetupError
from scripts.setup.lock import Packages, installed, locked
from scripts.setup.pip import Pip
from scripts.setup.progress import Line, Progress

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock.txt"
LOG = ROOT / "var" / "setup.log"
SERVICES = ("api", "courier", "trainer")
# Measured with an empty cache (docs/ci.md).
DOWNLOAD_MB, INSTALLED_MB = 450, 1800
MINUTES = "two minutes"
INTERRUPTED = 130


def main(argv: list[str], out: TextIO, errors: TextIO) -> int:
    """0 when everything of the lock is installed, 1 with a sentence on what to do, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m scripts.setup", description=__doc__)
    parser.add_argument("--exact", action="store_true", help="delete the environment if it has any other package")
    options = parser.parse_args(argv)
    try:
        set_up(Environment(ROOT / ".venv"), out, exact=options.exact)
    except SetupError as error:
        errors.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        errors.write("\nsetup stopped; the same command continues it\n")
        return INTERRUPTED
    return 0


def set_up(environment: Environment, out: TextIO, *, exact: bool) -> None:
    """Raises SetupError."""
    started = time.monotonic()
    if environment.path.is_symlink() and environment.sound():
        _check_lent(environment, out)
        return
    if not environment.sound():
        environment.room_for(DOWNLOAD_MB + INSTALLED_MB)
        environment.make()
    wanted = locked(LOCK, environment.python)
    if exact and _foreign(installed(environment.path), wanted):
        out.write("setup: .venv has packages that requirements.lock.txt does not name: it is made again\n")
        environment.make()
    missing = len(wanted - installed(environment.path))
    if missing:
        out.write(
            f"setup: installs {missing} of {len(wanted)} packages into .venv. All of them are {DOWNLOAD_MB} MB\n"
            f"       to download, {INSTALLED_MB / 1000:.1f} GB on the disk, and take about {MINUTES} the first time.\n"
        )
        out.flush()
    _install(environment, wanted, out)
    if absent := wanted - installed(environment.path):
        names = ", ".join(sorted(name for name, _ in absent))
        raise SetupError(f"setup failed: {names} could not be found in .venv afterwards; delete .venv and try again")
    out.write(f"setup: all {len(wanted)} packages are installed ({time.monotonic() - started:.0f} s)\n")


def _check_lent(environment: Environment, out: TextIO) -> None:
    """Write nothing into an environment that another checkout lends. Raises SetupError where a package is missing."""
    there = environment.path.resolve()
    missing = len(locked(LOCK, environment.python) - installed(there))
    if missing:
        raise SetupError(
            f"setup: .venv is a link to {there}, which lacks {missing} packages of requirements.lock.txt. Nothing was "
            f"changed there: run `make setup` in {there.parent}, or `rm .venv && make setup` for an environment here"
        )
    out.write(
        f"setup: .venv is a link to {there}, which has every package; nothing was changed. It starts the services of "
        f"{there.parent}; for those of this checkout: rm .venv && make setup\n"
    )


def _install(environment: Environment, wanted: Packages, out: TextIO) -> None:
    pip = Pip(environment.python, ROOT, LOG, (DOWNLOAD_MB + INSTALLED_MB) / 1000)
    progress, line = Progress(len(wanted)), Line(out, shutil.get_terminal_size().columns)

    def watch(text: str | None) -> None:
        if text is not None:
            progress.read(text)
        if progress.unpacking:
            environment.begin_writing()
            progress.unpacked = len(wanted & installed(environment.path))
        line.show(progress)

    try:
        # The lock names every dependency; working them out again would take pip minutes on a slow machine.
        errors = pip.install("--require-hashes", "--no-deps", "--requirement", str(LOCK), watch=watch)
    finally:
        line.end()
    editable = [word for name in SERVICES for word in ("--editable", f"services/{name}")]
    errors += pip.install("--no-deps", "--no-build-isolation", *editable, watch=lambda _: None)
    environment.end_writing()
    for error in errors:
        out.write(f"{error}\n")


def _foreign(there: Packages, wanted: Packages) -> set[str]:
    own = {f"mlops-iris-{name}" for name in SERVICES}
    return {name for name, _ in there - wanted if name not in own}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout, sys.stderr))
