"""Downloads files of a version's bundle from MLflow into this folder. Runs in a child with limits."""

import resource
import sys
from pathlib import Path

from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from trainer.workspace.confined import REFUSED, limit

SMALLEST = 64 * 1024
"""Bytes that every file may have, so that a line of the log fits."""


def main(arguments: list[str]) -> int:
    """`arguments`: the limits, the tracking URI, the run, its folder, then name=bytes for each file."""
    memory, file, cpu_seconds, uri, run_id, folder, *wanted = arguments
    limit(int(memory), int(file), int(cpu_seconds))
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    for name, size in (one.rsplit("=", 1) for one in wanted):
        # Counted by the kernel as it is written, whatever protocol brings it: past the limit this process ends.
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(int(size), SMALLEST), int(file)))
        try:
            Path(client.download_artifacts(run_id, f"{folder}/{name}", ".")).replace(name)
        except (MlflowException, OSError, ValueError) as error:
            sys.stdout.write(f"\n{name}: {' '.join(str(error).split())}\n")
            return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
