"""MLflow's experiments: what a training tried and found, its model and bundle, and the version that is made of it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import mlflow
import mlflow.sklearn
import skops.io
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.pandas_dataset import from_pandas
from mlflow.entities import RunStatus
from mlflow.exceptions import MlflowException

from trainer.decision import decision_of
from trainer.errors import RegistryError
from trainer.registry.model_code import code_of
from trainer.registry.own_terms import answering_names, integers_as_they_are, signature
from trainer.registry.publication import Publication
from trainer.registry.verdict import ARTIFACT, Verdict
from trainer.registry.versions import BUNDLE_FOLDER, MlflowVersions
from trainer.settings import Settings

PLACE_TAG = "trainer.place"

# Types that skops does not trust by itself: the trees of a forest or boosted model, the folds of a target encoding, and
# the steps that make numbers of booleans and dates.
TRUSTED_TYPES = [
    "sklearn.tree._tree.Tree",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.model_selection._split.KFold",
    "trainer.contract.moments.encoded",
    "numpy.asarray",
    "numpy.dtype",
]
MODEL_REQUIREMENTS = ("numpy", "pandas", "scikit-learn", "skops")
ONNX = ("onnx", "onnxruntime")
"""Packages of a model that MLflow's users get as the served graph."""


class MlflowRegistry(MlflowVersions):
    """The same registry, and the experiments beside it. RegistryError for all that MLflow refuses."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        # It announces at INFO what our own report says.
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        mlflow.set_tracking_uri(settings.mlflow_tracking_uri)

    def record(self, publication: Publication, verdict: Verdict) -> str:
        """Write the experiment down: a run with bundle, model and verdict, a nested run for each candidate.

        Returns the run's id, once all of it is stored.
        """
        with self._asking("record the experiment"):
            experiment = mlflow.set_experiment(publication.experiment)
            if publication.place:
                self._end_killed(experiment.experiment_id, publication.place)
            tags = publication.tags | {PLACE_TAG: publication.place}
            with mlflow.start_run(run_name=publication.run_name, tags=tags) as run:
                self._record_inputs(publication)
                mlflow.log_params(publication.params)
                mlflow.log_metrics(publication.metrics[publication.winner])
                for name in publication.candidates:
                    self._record_candidate(publication, name)
                self._log_model(publication)
                mlflow.log_artifacts(str(publication.bundle.path), BUNDLE_FOLDER)
                mlflow.log_text(verdict.json(), ARTIFACT)
        return str(run.info.run_id)

    def register(self, model: str, run_id: str, tags: dict[str, str]) -> str:
        """Make a version of what `run_id` holds; it has its tags from its first moment."""
        with self._asking("register the version"):
            self._make_model(model)
            outputs = self._client.get_run(run_id).outputs
            if outputs is None or len(outputs.model_outputs) != 1:
                raise RegistryError(f"run {run_id} does not hold exactly one model")
            logged = outputs.model_outputs[0].model_id
            made = self._client.create_model_version(model, f"models:/{logged}", run_id, tags=tags, model_id=logged)
        return str(made.version)

    def _make_model(self, model: str) -> None:
        try:
            self._client.create_registered_model(model)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _end_killed(self, experiment: str, place: str) -> None:
        """End the runs that were being recorded from this folder, whose lock we hold: no other process records them."""
        left = f"attributes.status = 'RUNNING' and tags.`{PLACE_TAG}` = '{place}'"
        for run in self._client.search_runs([experiment], left):
            self._client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.KILLED))

    def _record_inputs(self, publication: Publication) -> None:
        data = publication.dataset
        source = CodeDatasetSource({"source": data.source, "sha256": data.sha256})
        # MLflow's column for a digest holds 36 characters.
        known_by = data.sha256[:36]
        frame = from_pandas(data.frame, source, targets=data.target, name=data.name, digest=known_by)
        with integers_as_they_are():
            mlflow.log_input(frame, context="training")

    def _record_candidate(self, publication: Publication, name: str) -> None:
        candidate = publication.candidates[name]
        tags = publication.tags | {PLACE_TAG: publication.place, "candidate": name}
        with mlflow.start_run(run_name=name, nested=True, tags=tags):
            self._record_inputs(publication)
            mlflow.log_params(candidate["params"])
            mlflow.log_metrics(publication.metrics[name])
            if table := publication.per_class(name):
                mlflow.log_text(table, "per_class.csv")
            mlflow.log_dict(candidate["grid"], "grid.json")
            mlflow.log_artifact(str(publication.plots[name]), "plots")

    def _log_model(self, publication: Publication) -> None:
        """As a scikit-learn pipeline where skops can store it with types it trusts, or else as the served graph: of an
        adopted model no pickle is opened here, and a class of models/ or of another library is not for MLflow's users
        to import."""
        example = publication.dataset.example
        classes = publication.bundle.manifest["target"].get("classes", [])
        if publication.pipeline is None:
            self._log_graph(publication)
            return
        decision = decision_of(publication.bundle.manifest)
        model = answering_names(publication.pipeline, classes, publication.holdout.features, decision)
        if not _is_trusted(model):
            self._log_graph(publication)
            return
        with code_of(publication.pipeline) as code_paths:
            mlflow.sklearn.log_model(
                model,
                name="model",
                serialization_format="skops",
                skops_trusted_types=TRUSTED_TYPES,
                code_paths=code_paths,
                signature=signature(example, model.predict(example)),
                input_example=example,
                # Without a list MLflow starts a process that loads the model to find out.
                pip_requirements=[f"{name}=={version(name)}" for name in MODEL_REQUIREMENTS],
            )

    def _log_graph(self, publication: Publication) -> None:
        import onnx
        from mlflow import onnx as flavour

        served = onnx.load_from_string(publication.bundle.content("model.onnx"))
        flavour.log_model(served, name="model", pip_requirements=[f"{name}=={version(name)}" for name in ONNX])

    @contextmanager
    def _asking(self, purpose: str) -> Iterator[None]:
        try:
            with super()._asking(purpose):
                yield
        finally:
            while mlflow.active_run():
                mlflow.end_run(RunStatus.to_string(RunStatus.FAILED))


def _is_trusted(model: Any) -> bool:
    """Whether skops stores the model, and every type in it is its own or one of TRUSTED_TYPES."""
    try:
        stored = skops.io.dumps(model)
    except Exception:
        return False
    return set(skops.io.get_untrusted_types(data=stored)) <= set(TRUSTED_TYPES)
