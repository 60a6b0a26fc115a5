"""The stages of dvc.yaml, run by DVC: only what changed, and nothing twice."""

import os
import subprocess
import sys
from pathlib import Path

from trainer.contract.contract import Contract
from trainer.errors import StageError
from trainer.workspace.layout import Layout
from trainer.workspace.leftovers import clear_leftovers


def repro(layout: Layout, contract: Contract) -> None:
    """Bring data/ and artifacts/ up to date; DVC and the stages write to this terminal.

    Raises StageError when DVC or a stage stops.
    """
    clear_leftovers(layout.root)
    if _may_change_unseen(contract):
        dvc(layout.root, "repro", "--single-item", "--force", "prepare")
    dvc(layout.root, "repro")


def _may_change_unseen(contract: Contract) -> bool:
    # DVC sees the contract and not the source it names: a file or URL without a pin is read again.
    return not contract.source.startswith("sklearn:") and contract.sha256 is None


def dvc(root: Path, *arguments: str) -> None:
    """Run DVC in `root`, on this terminal. Raises StageError when it stops."""
    environment = os.environ | {
        "DVC_NO_ANALYTICS": "1",
        # dvc.yaml says `python`: the one that runs this, also when its environment is not activated.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
    }
    # By default outside the project, where a container has nothing to write to.
    environment.setdefault("DVC_SITE_CACHE_DIR", str(root / ".dvc" / "tmp" / "site"))
    command = [sys.executable, "-m", "dvc", *arguments]
    status = subprocess.run(command, cwd=root, env=environment, check=False).returncode  # noqa: S603 - our own words
    if status:
        raise StageError(f"`dvc {' '.join(arguments)}` stopped with status {status}; the reason is above")
