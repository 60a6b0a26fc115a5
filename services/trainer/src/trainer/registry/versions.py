"""MLflow's registered model: versions, tags, aliases and files, without the parts of MLflow that record experiments."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from trainer.errors import RegistryError, RegistryUnreachableError
from trainer.registry.control import State, Version
from trainer.registry.tags import NOTE, read_note
from trainer.settings import Settings
from trainer.workspace.confined import DOWNLOAD, ChampionError, Limits, run

BUNDLE_FOLDER = "bundle"
REACH_SECONDS = 5
PAGE = 200
REMEMBERED = 1000


class MlflowVersions:
    """The registry at a tracking URI. RegistryUnreachableError when nothing answers, RegistryError for the rest."""

    def __init__(self, settings: Settings, *, limits: Limits = DOWNLOAD) -> None:
        """`limits` are those of a download."""
        uri = settings.mlflow_tracking_uri
        _reach(uri)
        os.environ.update(
            MLFLOW_HTTP_REQUEST_TIMEOUT=str(settings.mlflow_http_request_timeout),
            MLFLOW_HTTP_REQUEST_MAX_RETRIES=str(settings.mlflow_http_request_max_retries),
            MLFLOW_DISABLE_TELEMETRY="true",
            MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
            MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
        )
        os.environ.update(settings.credentials())
        self._uri = uri
        self._limits = limits
        self._client = MlflowClient(tracking_uri=uri, registry_uri=uri)

    def state(self, model: str) -> State:
        # Aliases first: a version that is made between the two questions is only not aliased yet.
        with self._asking(f"read the model {model}"):
            found = self._client.search_registered_models(f"name = '{model}'", max_results=1)
        if not found:
            return State(model, {}, {})
        aliases = {alias: str(number) for alias, number in found[0].aliases.items()}
        return State(model, {one.number: one for one in self._versions(model)}, aliases)

    def tag(self, model: str, version: str, tags: dict[str, str]) -> None:
        with self._asking(f"tag version {version}"):
            for name, value in tags.items():
                self._client.set_model_version_tag(model, version, name, value)

    def point(self, model: str, alias: str, to: str) -> None:
        with self._asking(f"move the alias {alias}"):
            self._client.set_registered_model_alias(model, alias, to)

    def release(self, model: str, alias: str) -> None:
        with self._asking(f"take the alias {alias} away"):
            self._client.delete_registered_model_alias(model, alias)

    def note(self, model: str, at: str, entry: dict[str, Any]) -> None:
        with self._asking("note the move"):
            # A key may hold no plus sign.
            self._client.set_registered_model_tag(
                model, f"{NOTE}{at.removesuffix('+00:00')}Z", json.dumps(entry, ensure_ascii=False)
            )
            for name in list(self._notes(model))[:-REMEMBERED]:
                self._client.delete_registered_model_tag(model, name)

    def history(self, model: str) -> list[dict[str, Any]]:
        with self._asking("read the history"):
            notes = {name: read_note(text) for name, text in self._notes(model).items()}
        return [{**entry, "at": name.removeprefix(NOTE)} for name, entry in notes.items() if entry is not None]

    def param(self, run_id: str, name: str) -> str | None:
        """A parameter of the run that a version came from; None where it was not recorded."""
        with self._asking(f"read run {run_id}"), _of_a_run_that_is_there():
            return dict(self._client.get_run(run_id).data.params).get(name)

    def download(self, run_id: str, largest: Mapping[str, int], into: Path, folder: str = BUNDLE_FOLDER) -> None:
        """Fetch these files of a version's bundle, each with at most its given bytes, in a child with limits.

        Another `folder` of its run is read in the same way.

        Raises ChampionError when one is missing or larger, or when they take too long.
        """
        if not run_id:
            raise ChampionError("it was not made from a run, so it has no bundle")
        with self._asking(f"list the files of run {run_id}"), _of_a_run_that_is_there():
            found = self._client.list_artifacts(run_id, folder)
        listed = {PurePosixPath(file.path).name: file.file_size for file in found if not file.is_dir}
        for name, most in largest.items():
            if (size := listed.get(name)) is None:
                raise ChampionError(f"its run has no file {folder}/{name}")
            if size > most:
                raise ChampionError(f"its {name} has {size} bytes, at most {most} are read")
        wanted = [f"{name}={listed[name]}" for name in largest]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        place = [self._uri, run_id, folder]
        run("trainer.registry.confined_download", [*place, *wanted], into, environment, self._limits)

    def attach(self, run_id: str, path: str, text: str) -> None:
        """Write a text file into the run that a version came from."""
        with self._asking(f"keep {path}"):
            self._client.log_text(run_id, text, path)

    def describe(self, model: str, version: str, run_id: str, path: str, words: str) -> None:
        """Link a file of its run in the version's description; a person's description stays as it is."""
        with self._asking(f"describe version {version}"):
            if self._client.get_model_version(model, version).description:
                return
            # Relative to MLflow's page, so it holds under every address of the server.
            run = f"#/experiments/{self._client.get_run(run_id).info.experiment_id}/runs/{run_id}"
            self._client.update_model_version(model, version, f"[{words}]({run}/artifacts/{path})")

    def _versions(self, model: str) -> Iterator[Version]:
        token = None
        while token is None or token:
            with self._asking(f"list the versions of {model}"):
                page = self._client.search_model_versions(f"name = '{model}'", max_results=PAGE, page_token=token)
            yield from map(_version, page)
            token = page.token or ""

    def _notes(self, model: str) -> dict[str, str]:
        found = self._client.search_registered_models(f"name = '{model}'", max_results=1)
        tags = found[0].tags if found else {}
        return {name: tags[name] for name in sorted(tags) if name.startswith(NOTE)}

    @contextmanager
    def _asking(self, purpose: str) -> Iterator[None]:
        try:
            yield
        except MlflowException as error:
            first_line = str(error).partition("\n")[0]
            raise RegistryError(f"MLflow at {self._uri} did not {purpose}: {first_line}") from error


@contextmanager
def _of_a_run_that_is_there() -> Iterator[None]:
    try:
        yield
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            raise ChampionError("its run was deleted") from error
        raise


def _version(found: ModelVersion) -> Version:
    return Version(str(found.version), str(found.run_id or ""), dict(found.tags), found.creation_timestamp / 1000)


def _reach(uri: str) -> None:
    """A server that is not there is known in seconds; through MLflow's own retries it takes minutes."""
    if not uri.startswith(("http://", "https://")):
        return
    try:
        with urlopen(f"{uri.rstrip('/')}/health", timeout=REACH_SECONDS):  # noqa: S310 - http(s) by the line above
            pass
    except HTTPError:
        pass  # it answered; what it says to real calls is reported by them
    except (URLError, OSError) as error:
        raise RegistryUnreachableError(
            f"no MLflow server answers at {uri} ({getattr(error, 'reason', error)}); start one (`make mlflow`), "
            "or set MLFLOW_TRACKING_URI to where it runs"
        ) from error
