"""The virtual environment's folder: made, found whole, or made again."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.setup.errors import SetupError

_MADE_AT = re.compile(r"^command = .* -m venv (?:--[a-z-]+ )*(.+)$", re.MULTILINE)
_ASK = "import sys, pip; print('%d.%d' % sys.version_info[:2])"


class Environment:
    """A virtual environment of the Python that runs this."""

    def __init__(self, venv: Path) -> None:
        self.path = venv
        self.python = venv / "bin" / "python"
        self._half_made = venv / ".half-made"

    def sound(self) -> bool:
        """Whether it was made here, runs, has pip, is of this Python's version, and no set-up was stopped half-way."""
        if self._half_made.exists() or not self.python.exists() or self._moved():
            return False
        asked = subprocess.run([self.python, "-c", _ASK], capture_output=True, text=True, check=False)
        return asked.returncode == 0 and asked.stdout.strip() == f"{sys.version_info[0]}.{sys.version_info[1]}"

    def _moved(self) -> bool:
        """Whether pyvenv.cfg names another path: programs and editable packages in it point there.

        A link to an environment elsewhere is not moved: whoever made the link shares that environment.
        """
        noted = self.path / "pyvenv.cfg"
        found = _MADE_AT.search(noted.read_text(encoding="utf-8")) if noted.exists() else None
        return found is not None and not (Path(found[1]).exists() and self.path.samefile(found[1]))

    def make(self) -> None:
        """Empty, with pip alone; what was there is deleted, of a link only the link. Raises SetupError."""
        if self.path.is_symlink():
            self.path.unlink()
        command = [sys.executable, "-m", "venv", "--clear", str(self.path)]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode == 0:
            return
        output = f"{made.stdout}{made.stderr}"
        if "ensurepip" in output:
            package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
            raise SetupError(
                f"{sys.executable} comes without its module for virtual environments: install it (Debian and Ubuntu: "
                f"apt-get install {package}) or use another Python with PYTHON=/path/to/python"
            )
        raise SetupError(f"no virtual environment could be made in {self.path}: {output.strip()}")

    def begin_writing(self) -> None:
        self._half_made.touch()

    def end_writing(self) -> None:
        self._half_made.unlink(missing_ok=True)

    def room_for(self, megabytes: float) -> None:
        """Raises SetupError when the disk has less."""
        free = shutil.disk_usage(self.path.parent).free / 1e6
        if free < megabytes:
            raise SetupError(
                f"setup needs {megabytes / 1000:.1f} GB on the disk and {free / 1000:.1f} GB are free in "
                f"{self.path.parent}: make room, then run the same command again"
            )
