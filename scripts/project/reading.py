"""The settings of a project as one version of the trainer reads them, with its defaults filled in."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scripts.project.errors import ProjectError
from scripts.project.git import Git

SOURCES = "services/trainer/src"
SECONDS = 120.0
# The first versions kept the contract in one module.
PROGRAM = """
import json, sys
from pathlib import Path
try:
    from trainer.contract.contract import read_contract
except ModuleNotFoundError:
    from trainer.contract import read_contract
from trainer.params import read_params
page = {
    "contract": read_contract(Path(sys.argv[1])).model_dump(mode="json"),
    "params": read_params(Path(sys.argv[2])).model_dump(mode="json"),
}
print(json.dumps(page))
"""


def settings_of(git: Git, code: str, contract: str, params: str) -> dict[str, Any]:
    """`contract` and `params` (YAML texts) read by the trainer of the commit or tree `code`.

    Returns {"contract": …, "params": …}. Raises ProjectError with the trainer's own words where it refuses them.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        git.unpack(code, SOURCES, folder)
        (folder / "contract.yaml").write_text(contract, encoding="utf-8")
        (folder / "params.yaml").write_text(params, encoding="utf-8")
        words = [sys.executable, "-c", PROGRAM, "contract.yaml", "params.yaml"]
        environment = os.environ | {"PYTHONPATH": str(folder / SOURCES), "PYTHONSAFEPATH": "1"}
        done = subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS
        )
    if done.returncode:
        raise ProjectError(_error(done.stderr))
    page: dict[str, Any] = json.loads(done.stdout)
    return page


def _error(traceback: str) -> str:
    """The words of the exception that ends a traceback, in one line."""
    lines = traceback.strip().splitlines() or ["the trainer printed nothing"]
    first = max(place for place, line in enumerate(lines) if place == 0 or not line.startswith(" "))
    return " ".join([lines[first].partition("Error: ")[2] or lines[first], *map(str.strip, lines[first + 1 :])])
