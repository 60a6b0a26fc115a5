"""A copy of a checkout, as a person would have cloned it, with changes that are not committed yet."""

import shutil
import subprocess
from pathlib import Path


def copy_checkout(checkout: Path, copy: Path) -> Path:
    """Copy the files that git knows or would add, and nothing that a run has made; what was in `copy` is removed."""
    shutil.rmtree(copy, ignore_errors=True)
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=checkout, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        source, target = checkout / name, copy / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return copy
