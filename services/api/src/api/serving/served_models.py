"""The models that this worker holds. A swap is one assignment, so a request sees one model from start to end."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, get_args

import numpy as np

from api.bundle.feedback_schema import FeedbackSchema
from api.bundle.predictor import Matrix
from api.bundle.reader import Bundle
from api.bundle.record_texts import Texts
from api.bundle.row_schema import RowSchema
from api.bundle.typed_table import TypedTable
from api.errors import ModelNotReadyError
from api.journal.record import ModelRecords
from api.serving.policy import Variant, Verdict
from api.telemetry.model_metrics import ModelMetrics, Rows


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A bundle with everything a request needs, made once when it is loaded."""

    version: str
    variant: Variant
    bundle: Bundle
    rows: RowSchema
    typed_table: TypedTable | None
    """None where every value is a number that is always there."""
    feedback: FeedbackSchema
    metrics: ModelMetrics
    texts: Texts
    records: ModelRecords
    since: datetime
    verdict: Verdict | None
    """The verdict of the trainer's gate; None where there is none."""

    @property
    def name(self) -> str:
        return self.bundle.manifest.model

    def numbers(self, rows: list[list[Any]]) -> tuple[Rows, Matrix]:
        """The rows as numbers, and as what the model takes: float32 [n, features]."""
        encoder = self.bundle.encoder
        numbers: Rows = rows if encoder is None else encoder.encode(rows)
        return numbers, np.array(numbers, dtype=np.float32)


class ServedModels:
    """The served model of each variant; which of them answers a request is not decided here."""

    def __init__(self) -> None:
        self._models: dict[Variant, ServedModel] = {}

    def production(self) -> ServedModel:
        """Raises ModelNotReadyError while there is none."""
        try:
            return self._models["production"]
        except KeyError:
            raise ModelNotReadyError from None

    def get(self, variant: Variant) -> ServedModel | None:
        return self._models.get(variant)

    def held(self) -> list[ServedModel]:
        """Every model there is, production first."""
        models = (self._models.get(variant) for variant in get_args(Variant))
        return [model for model in models if model is not None]

    def find_bundle(self, name: str) -> Bundle | None:
        """A bundle already in memory, so that promoting a canary loads nothing."""
        return next((model.bundle for model in self._models.values() if model.bundle.hash == name), None)

    def put(self, model: ServedModel) -> None:
        before = self._models.get(model.variant)
        self._models[model.variant] = model
        if before is not None:
            before.metrics.leave()
        model.metrics.enter()

    def judge(self, variant: Variant, verdict: Verdict | None) -> None:
        """Show another verdict on what serves: the same model, of the same age, and no swap."""
        model = self._models[variant]
        if model.verdict != verdict:
            self._models[variant] = replace(model, verdict=verdict)

    def clear(self, variant: Variant) -> None:
        before = self._models.pop(variant, None)
        if before is not None:
            before.metrics.leave()


def records_of(bundle: Bundle, version: str, variant: Variant) -> ModelRecords:
    """The writer of the audit records of a bundle's answers."""
    manifest = bundle.manifest
    return ModelRecords(
        kind="shadow" if variant == "shadow" else "prediction",
        model=manifest.model,
        version=version,
        variant=variant,
        bundle=bundle.hash,
        features=[feature.name for feature in manifest.features],
        classes=bundle.labels,
        scores="probabilities" if manifest.target.classes else "values",
    )
