"""Become `python -m trainer ...`; for what works on the training volume, bring that up to date and hold its lock."""

import fcntl
import os
import shutil
import sys
from pathlib import Path

PIPELINE = Path("/opt/pipeline")
VOLUME = Path("/srv/training")
# Verbs that only move aliases or only read. `loop` too: each retraining it starts comes through here by itself.
AWAY_FROM_THE_VOLUME = {
    *("promote", "canary", "shadow", "rollback", "models", "history", "quality", "rollout", "loop", "score"),
    *("-h", "--help"),
}


def main(arguments: list[str]) -> None:
    """Replace this process by the trainer, in the volume's folder or in the image's."""
    if arguments and arguments[0] in AWAY_FROM_THE_VOLUME:
        os.chdir(PIPELINE)
    else:
        os.chdir(VOLUME)
        hold_lock(Path(".in-use"))
        # A killed training leaves process ids here; in a container those are others' (treeverse/dvc#3370).
        Path(".dvc/tmp/rwlock").unlink(missing_ok=True)
        shutil.copytree(PIPELINE, ".", dirs_exist_ok=True)
    os.execv(sys.executable, [sys.executable, "-m", "trainer", *arguments])  # noqa: S606


def hold_lock(file: Path) -> None:
    """Wait until no other container trains on this volume. The lock is the process's own: it ends with the training."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o640)
    os.set_inheritable(descriptor, True)  # noqa: FBT003 - takes no keyword
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write("another training is running on this volume; waiting for it to end\n")
        fcntl.flock(descriptor, fcntl.LOCK_EX)


if __name__ == "__main__":
    main(sys.argv[1:])
