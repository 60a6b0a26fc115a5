"""Loads the bundle that the policy names into a model that can serve."""

import asyncio
from concurrent.futures import Executor
from datetime import UTC, datetime
from pathlib import Path

from api.bundle.feedback_schema import FeedbackSchema
from api.bundle.prover import Proving
from api.bundle.reader import Bundle, read_bundle
from api.bundle.record_texts import make_texts
from api.bundle.row_schema import RowSchema
from api.bundle.typed_table import TypedTable
from api.serving.policy import PolicyEntry, Variant
from api.serving.served_models import ServedModel, ServedModels, records_of
from api.telemetry.metrics import Metrics
from api.telemetry.model_metrics import ModelMetrics


class Loader:
    """Makes models of the bundles below ``serving``; a bundle that serves already is shared and not read again."""

    def __init__(
        self,
        serving: Path,
        models: ServedModels,
        metrics: Metrics,
        *,
        max_rows: int,
        prover: Proving,
        executor: Executor,
    ) -> None:
        self._serving = serving
        self._models = models
        self._metrics = metrics
        self._max_rows = max_rows
        self._prover = prover
        self._executor = executor

    def state(self, bundle: str) -> str:
        """A text that changes when the bundle's files do."""
        return self._prover.state(bundle)

    async def load(self, variant: Variant, choice: PolicyEntry) -> ServedModel:
        """The model of a policy entry; it takes seconds, in a thread. Raises BundleRefusedError."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._load, variant, choice)

    def _load(self, variant: Variant, choice: PolicyEntry) -> ServedModel:
        bundle = self._models.find_bundle(choice.bundle) or self._read_proven(choice.bundle)
        return ServedModel(
            version=choice.version,
            variant=variant,
            bundle=bundle,
            rows=RowSchema(bundle.manifest, max_rows=self._max_rows),
            typed_table=None if bundle.manifest.plain else TypedTable(bundle.manifest.features),
            feedback=FeedbackSchema(bundle.manifest, max_rows=self._max_rows, bins=bundle.reference.target),
            metrics=ModelMetrics(self._metrics, bundle.manifest, bundle.reference, choice.version, variant),
            texts=make_texts(
                bundle.manifest, bundle.labels, version=choice.version, variant=variant, bundle=bundle.hash
            ),
            records=records_of(bundle, choice.version, variant),
            since=datetime.now(UTC),
            verdict=choice.verdict,
        )

    def _read_proven(self, name: str) -> Bundle:
        self._prover.prove(name)
        return read_bundle(self._serving / "bundles", name)
