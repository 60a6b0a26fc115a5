"""golden.json of a bundle: rows with the answers that the model must give before it serves."""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, FiniteFloat

from api.bundle.encoding import Encoder
from api.bundle.features import ManifestSection, Text
from api.bundle.manifest import Manifest, Share
from api.bundle.predictor import Answer, Predictor, refusal, within
from api.bundle.reasons import Explainer
from api.errors import BundleRefusedError

_LONGEST_PROOF = 10.0
_TOLERANCE = 1e-5


class GoldenRow(ManifestSection):
    """A row of the training table with the answer that the model must give for it."""

    values: Annotated[list[FiniteFloat | str | bool | None], Field(min_length=1)]
    label: Text | None = None
    probabilities: list[Share] = Field(default=[])
    value: FiniteFloat | None = None
    """A regression's answer, in place of label and probabilities."""


class Golden(ManifestSection):
    """The file golden.json: rows that are asked before a bundle is served."""

    format: Literal[1]
    rows: Annotated[list[GoldenRow], Field(min_length=1)]


def check_golden(
    manifest: Manifest, golden: Golden, predictor: Predictor, encoder: Encoder | None, explainer: Explainer | None
) -> None:
    """Raise BundleRefusedError where the model does not answer its golden rows as it should, or takes too long."""
    rows = golden.rows
    for row in rows:
        if len(row.values) != len(manifest.features) or not _answers(row, manifest):
            raise BundleRefusedError("schema", "golden.json does not have the features and answers of the manifest")
    try:
        values = [row.values for row in rows]
        encoded = np.array(values if encoder is None else encoder.encode(values), dtype=np.float32)
        with within(_LONGEST_PROOF) as options:
            answer = predictor.measure(encoded, options)
        if explainer is not None:
            explainer.measure(encoded, answer.labels.tolist(), _LONGEST_PROOF)
    except BundleRefusedError:
        raise
    except Exception as error:
        raise refusal("golden", "the golden rows could not be answered", error) from error
    if not _as_expected(answer, rows, manifest):
        raise BundleRefusedError("golden", "the golden rows are not answered as they should be")


def _answers(row: GoldenRow, manifest: Manifest) -> bool:
    classes = manifest.target.classes
    if manifest.task == "regression":
        return row.value is not None
    return row.label in classes and len(row.probabilities) == len(classes)


def _as_expected(answer: Answer, rows: Sequence[GoldenRow], manifest: Manifest) -> bool:
    target = manifest.target
    if manifest.task == "regression":
        values = np.array([row.value for row in rows], dtype=np.float64)[:, None]
        difference = np.abs(answer.probabilities - values) / (target.maximum - target.minimum)
        return bool(difference.max() <= _TOLERANCE)
    classes, probabilities = target.classes, answer.probabilities
    expected = np.array([row.probabilities for row in rows])
    labels = [classes[label] if 0 <= label < len(classes) else None for label in answer.labels.tolist()]
    if labels != [row.label for row in rows] or probabilities.shape != expected.shape:
        return False
    return bool(np.abs(probabilities - expected).max() <= _TOLERANCE)
