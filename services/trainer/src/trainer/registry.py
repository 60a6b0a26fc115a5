"""MLflow, and the only import of it: the experiment's record, versions with their tags, and the aliases."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import mlflow
import mlflow.sklearn
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.pandas_dataset import from_pandas
from mlflow.entities import RunStatus
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from mlflow.tracking import MlflowClient

from trainer.errors import RegistryError, RegistryUnreachableError
from trainer.publication import Publication
from trainer.settings import Settings

BUNDLE_FOLDER = "bundle"
BUNDLE_TAG = "bundle"
HAD_TAG = "had_alias"

# What skops does not trust by itself: the trees of a forest or boosted model, and how booleans become numbers.
TRUSTED_TYPES = ["sklearn.tree._tree.Tree", "numpy.asarray"]
MODEL_REQUIREMENTS = ("numpy", "pandas", "scikit-learn", "skops")
REACH_SECONDS = 5


class MlflowRegistry:
    """The registry at a tracking URI. RegistryUnreachableError when nothing answers, RegistryError for the rest."""

    def __init__(self, settings: Settings) -> None:
        uri = settings.mlflow_tracking_uri
        _reach(uri)
        os.environ.update(
            MLFLOW_HTTP_REQUEST_TIMEOUT=str(settings.mlflow_http_request_timeout),
            MLFLOW_HTTP_REQUEST_MAX_RETRIES=str(settings.mlflow_http_request_max_retries),
            MLFLOW_DISABLE_TELEMETRY="true",
            MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
            MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
        )
        # It announces at INFO what our own report says.
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        mlflow.set_tracking_uri(uri)
        self._uri = uri
        self._client = MlflowClient(tracking_uri=uri)

    def version_of(self, model: str, bundle: str) -> str | None:
        """The newest version of `model` that carries this bundle."""
        with self._asking("look for the bundle's version"):
            found = self._client.search_model_versions(f"name = '{model}' and tags.{BUNDLE_TAG} = '{bundle}'")
        return str(max(int(one.version) for one in found)) if found else None

    def aliased(self, model: str, alias: str) -> str | None:
        """The version that `alias` points to."""
        with self._asking(f"read the alias {alias}"):
            found = self._client.search_registered_models(f"name = '{model}'", max_results=1)
        return str(found[0].aliases[alias]) if found and alias in found[0].aliases else None

    def record(self, publication: Publication) -> str:
        """Write the experiment down: a run with the bundle and the model, a nested run for each candidate.

        Returns the run's id, once all of it is stored.
        """
        with self._asking("record the experiment"):
            mlflow.set_experiment(publication.experiment)
            with mlflow.start_run(run_name=publication.run_name, tags=publication.tags) as run:
                self._record_inputs(publication)
                mlflow.log_params(publication.params)
                mlflow.log_metrics(publication.metrics[publication.winner])
                for name in publication.candidates:
                    self._record_candidate(publication, name)
                self._log_model(publication)
                mlflow.log_artifacts(str(publication.bundle.path), BUNDLE_FOLDER)
        return str(run.info.run_id)

    def register(self, model: str, run_id: str, tags: dict[str, str]) -> str:
        """Make a version of what `run_id` holds; it has its tags from its first moment."""
        with self._asking("register the version"):
            if not self._client.search_registered_models(f"name = '{model}'", max_results=1):
                self._client.create_registered_model(model)
            outputs = self._client.get_run(run_id).outputs
            if outputs is None or len(outputs.model_outputs) != 1:
                raise RegistryError(f"run {run_id} does not hold exactly one model")
            logged = outputs.model_outputs[0].model_id
            made = self._client.create_model_version(model, f"models:/{logged}", run_id, tags=tags, model_id=logged)
        return str(made.version)

    def point(self, model: str, alias: str, to: str) -> None:
        with self._asking(f"move the alias {alias}"):
            self._client.set_registered_model_alias(model, alias, to)
            self._client.set_model_version_tag(model, to, f"{HAD_TAG}.{alias}", "true")

    def had(self, model: str, alias: str, version: str) -> bool:
        """Whether `point` has given `alias` to this version at some time."""
        with self._asking(f"read version {version}"):
            tags = self._client.get_model_version(model, version).tags
        return f"{HAD_TAG}.{alias}" in tags

    def _record_inputs(self, publication: Publication) -> None:
        data = publication.dataset
        source = CodeDatasetSource({"source": data.source, "sha256": data.sha256})
        # MLflow's column for a digest holds 36 characters.
        known_by = data.sha256[:36]
        frame = from_pandas(data.frame, source, targets=data.target, name=data.name, digest=known_by)
        mlflow.log_input(frame, context="training")

    def _record_candidate(self, publication: Publication, name: str) -> None:
        candidate = publication.candidates[name]
        with mlflow.start_run(run_name=name, nested=True, tags=publication.tags | {"candidate": name}):
            self._record_inputs(publication)
            mlflow.log_params(candidate["params"])
            mlflow.log_metrics(publication.metrics[name])
            if table := publication.per_class(name):
                mlflow.log_text(table, "per_class.csv")
            mlflow.log_dict(candidate["grid"], "grid.json")
            mlflow.log_artifact(str(publication.plots[name]), "plots")

    def _log_model(self, publication: Publication) -> None:
        example = publication.dataset.example
        predicted = publication.pipeline.predict(example)
        mlflow.sklearn.log_model(
            publication.pipeline,
            name="model",
            serialization_format="skops",
            skops_trusted_types=TRUSTED_TYPES,
            signature=infer_signature(example, predicted),
            input_example=example,
            # Without a list MLflow starts a process that loads the model to find out.
            pip_requirements=[f"{name}=={version(name)}" for name in MODEL_REQUIREMENTS],
        )

    @contextmanager
    def _asking(self, purpose: str) -> Iterator[None]:
        try:
            yield
        except MlflowException as error:
            first_line = str(error).partition("\n")[0]
            raise RegistryError(f"MLflow at {self._uri} did not {purpose}: {first_line}") from error
        finally:
            while mlflow.active_run():
                mlflow.end_run(RunStatus.to_string(RunStatus.FAILED))


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
