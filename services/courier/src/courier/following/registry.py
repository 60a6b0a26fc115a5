"""The registry's one door: MLflow's model versions, aliases and artifacts, over HTTP."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol, TypeVar

from courier.errors import BundleRefusedError, RegistryUnavailableError
from courier.following.artifacts import Transfer
from courier.following.call_timeout import CallTimeout

if TYPE_CHECKING:
    from mlflow import MlflowClient

ARTIFACT_FOLDER = "bundle"

# The client's defaults take four minutes to give up on a server that is down.
CLIENT_ENVIRONMENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}

# The client's own limits are on each read: a server that sends a byte now and then would hold it for ever.
QUESTION_SECONDS = 15.0

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version as the registry has it."""

    version: str
    run_id: str
    tags: dict[str, str] = field(default_factory=dict)
    made_ms: int = 0
    """When it was registered, milliseconds since 1970; 0 where that was not asked."""


class Registry(Protocol):
    """The calls to a registry that the courier needs. Each raises RegistryUnavailableError without an answer."""

    def knows(self, model: str) -> bool:
        """Whether there is such a registered model."""

    def resolve(self, model: str, alias: str) -> ModelVersion | None:
        """The version that the alias names; None when the model or the alias does not exist."""

    def version(self, model: str, number: str) -> ModelVersion | None:
        """The version of this number; None when it does not exist any more."""

    def newest(self, model: str, limit: int) -> list[ModelVersion]:
        """The versions that were registered last, the newest first; none when the model does not exist."""

    def list_files(self, version: ModelVersion) -> dict[str, int | None]:
        """Names and sizes (bytes; None for a folder) of what lies in the version's folder `bundle/`."""

    def download(self, version: ModelVersion, name: str, to: Path, *, most: int, seconds: float) -> None:
        """Fetch one of these files, of at most `most` bytes and within `seconds`, to a path that is free.

        Raises:
            BundleRefusedError: it is larger or takes longer.
        """


class MlflowRegistry:
    """MLflow's registry. The client library is large, so it is imported with the first question, not before."""

    def __init__(self, tracking_uri: str, credentials: Callable[[], Mapping[str, str]] = dict) -> None:
        """`credentials` are asked for at each question, and may raise RegistryUnavailableError."""
        self._tracking_uri = tracking_uri
        self._credentials = credentials
        self._made: MlflowClient | None = None
        self._patience = CallTimeout()

    def knows(self, model: str) -> bool:
        return self._ask(lambda client: client.get_registered_model(model)) is not None

    def resolve(self, model: str, alias: str) -> ModelVersion | None:
        # Not a search: a search's answer comes without the aliases.
        found = self._ask(lambda client: client.get_model_version_by_alias(model, alias))
        if found is None:
            return None
        return ModelVersion(str(found.version), str(found.run_id or ""), dict(found.tags))

    def version(self, model: str, number: str) -> ModelVersion | None:
        found = self._ask(lambda client: client.get_model_version(model, number))
        if found is None:
            return None
        return ModelVersion(str(found.version), str(found.run_id or ""), dict(found.tags))

    def newest(self, model: str, limit: int) -> list[ModelVersion]:
        quoted = model.replace("'", "''")
        found = self._ask(
            lambda client: client.search_model_versions(
                f"name = '{quoted}'", max_results=limit, order_by=["version_number DESC"]
            )
        )
        return [
            ModelVersion(str(one.version), str(one.run_id or ""), dict(one.tags), int(one.creation_timestamp or 0))
            for one in found or []
        ]

    def list_files(self, version: ModelVersion) -> dict[str, int | None]:
        if not version.run_id:
            return {}
        listed = self._ask(lambda client: client.list_artifacts(version.run_id, ARTIFACT_FOLDER)) or []
        return {PurePosixPath(file.path).name: None if file.is_dir else int(file.file_size or 0) for file in listed}

    def download(self, version: ModelVersion, name: str, to: Path, *, most: int, seconds: float) -> None:
        root = self._ask(lambda client: str(client.get_run(version.run_id).info.artifact_uri))
        if root is None:
            raise RegistryUnavailableError(f"version {version.version}: {name} was listed and is gone")
        transfer = Transfer(root, self._tracking_uri, f"{ARTIFACT_FOLDER}/{name}", most)
        try:
            self._ask(lambda _: transfer.fetch(to), seconds)
        except TimeoutError:
            transfer.cancel()
            raise BundleRefusedError("deadline", f"{name} was not fetched within {seconds:.0f} s") from None

    def _ask(self, question: Callable[[MlflowClient], Result], seconds: float | None = None) -> Result | None:
        """Put a question; None when the registry answers that there is no such thing.

        Raises TimeoutError where `seconds` are given and over.
        """
        client = self._client()
        # The client has no other place for them, and reads them at each request.
        os.environ.update(self._credentials())
        from mlflow.exceptions import MlflowException

        try:
            return self._patience.wait(lambda: question(client), seconds or QUESTION_SECONDS)
        except BundleRefusedError:
            raise
        except TimeoutError as error:
            if seconds is not None:
                raise
            raise RegistryUnavailableError(_first_line(error)) from error
        except MlflowException as error:
            if _no_such_thing(error.error_code, str(error)):
                return None
            raise RegistryUnavailableError(_first_line(error)) from error
        except Exception as error:
            # requests, urllib3, JSON and file errors all come through the client as they are.
            raise RegistryUnavailableError(_first_line(error)) from error

    def _client(self) -> MlflowClient:
        if self._made is None:
            # MLflow reads these when it is imported or asks; somebody's own setting is respected.
            for name, value in CLIENT_ENVIRONMENT.items():
                os.environ.setdefault(name, value)
            from mlflow import MlflowClient

            self._made = MlflowClient(tracking_uri=self._tracking_uri, registry_uri=self._tracking_uri)
        return self._made


def _no_such_thing(code: str, message: str) -> bool:
    # An alias that does not exist is an "invalid parameter" to MLflow, as are mistakes of other kinds.
    return code == "RESOURCE_DOES_NOT_EXIST" or (code == "INVALID_PARAMETER_VALUE" and "alias" in message)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300] or type(error).__name__
