"""The bytes of an artifact, counted while they come: MLflow's own download has no bound of size or time."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import quote, urlsplit

from courier.errors import BundleRefusedError

if TYPE_CHECKING:
    from mlflow.store.artifact.artifact_repo import ArtifactRepository

CHUNK_BYTES = 64 * 1024

Read = Callable[[int], bytes]


class Transfer:
    """One file on its way. `cancel` makes the thread that fetches it stop at its next read."""

    def __init__(self, artifact_uri: str, tracking_uri: str, path: str, most: int) -> None:
        """`path` is that of the file below the artifacts' root, `most` its largest size in bytes."""
        # Imported with the first file: these take seconds on a busy machine, and don't count as the transfer's time.
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        self._scheme = urlsplit(artifact_uri).scheme
        self._repository = get_artifact_repository(artifact_uri, tracking_uri)
        self._path = path
        self._most = most
        self._cancelled = Event()
        self._response: Any = None

    def fetch(self, to: Path) -> None:
        """Write the file to the path `to`, which is free.

        Raises:
            BundleRefusedError: it is larger than it may be, or lies where the courier does not read.
        """
        with self._open() as read, to.open("xb") as file:
            self._copy(read, file)

    def cancel(self) -> None:
        self._cancelled.set()
        if self._response is not None:
            self._response.raw.shutdown()

    def _copy(self, read: Read, file: BinaryIO) -> None:
        left = self._most
        # One byte more than there may be is asked for, so that a file without an end is noticed.
        while (chunk := read(min(CHUNK_BYTES, left + 1))) and not self._cancelled.is_set():
            if len(chunk) > left:
                raise BundleRefusedError("size", f"{self._path} has more than the {self._most} bytes it should have")
            file.write(chunk)
            left -= len(chunk)

    @contextmanager
    def _open(self) -> Iterator[Read]:
        from mlflow.store.artifact.http_artifact_repo import HttpArtifactRepository
        from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository

        if isinstance(self._repository, HttpArtifactRepository):
            with self._over_http(self._repository) as read:
                yield read
        elif isinstance(self._repository, LocalArtifactRepository):
            with _from_disk(Path(self._repository.artifact_dir) / self._path) as file:
                yield file.read
        else:
            raise BundleRefusedError(
                "store",
                f"the artifacts are in {self._scheme}:, which the courier reads only through "
                "MLflow: start `mlflow server` with --serve-artifacts and --artifacts-destination",
            )

    @contextmanager
    def _over_http(self, repository: ArtifactRepository) -> Iterator[Read]:
        from mlflow.utils.credentials import get_default_host_creds
        from mlflow.utils.rest_utils import http_request

        # As MLflow's own download asks, but unpacked: a few bytes that unpack to gigabytes are not wanted.
        ask: Any = http_request  # MLflow's functions have no types here
        credentials: Any = get_default_host_creds
        with ask(
            credentials(repository.artifact_uri),
            f"/{quote(self._path)}",
            "GET",
            stream=True,
            extra_headers={"Accept-Encoding": "identity"},
        ) as response:
            response.raise_for_status()
            self._response = response
            # `read1` comes back with what is there; `iter_content` waits for a whole chunk, however slowly it comes.
            yield lambda most: bytes(response.raw.read1(most, decode_content=True))


@contextmanager
def _from_disk(path: Path) -> Iterator[BinaryIO]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BundleRefusedError("files", f"{path.name} is not a regular file")
        yield file
