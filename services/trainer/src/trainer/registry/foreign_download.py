"""Downloads the folder of a model that was logged to MLflow into `model` here. Runs in a child with limits."""

import sys
from pathlib import Path

import mlflow
from mlflow.artifacts import download_artifacts, list_artifacts
from mlflow.exceptions import MlflowException

from trainer.workspace.confined import REFUSED, limit

MOST_BYTES = 512 * 1024**2
MOST_FILES = 200


def main(arguments: list[str]) -> int:
    """`arguments`: the limits, the tracking URI, the address."""
    memory, file, cpu_seconds, uri, address = arguments
    limit(int(memory), int(file), int(cpu_seconds))
    mlflow.set_tracking_uri(uri)
    try:
        listed = list_artifacts(artifact_uri=address)
        size = sum(int(one.file_size or 0) for one in listed)
        if size > MOST_BYTES or len(listed) > MOST_FILES:
            return _refuse(f"it has {len(listed)} files of {size >> 20} MiB; a model may have {MOST_BYTES >> 20} MiB")
        Path("model").mkdir()
        download_artifacts(artifact_uri=address, dst_path="model")
    except (MlflowException, OSError, ValueError) as error:
        return _refuse(" ".join(str(error).split()) or type(error).__name__)
    return 0


def _refuse(reason: str) -> int:
    sys.stdout.write(f"\n{reason}\n")
    return REFUSED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
