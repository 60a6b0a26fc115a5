"""The counters about the answers of one served model."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from api.bundle.certainty import Expectation
from api.bundle.features import Boolean, Category, Feature, Number, limits, width
from api.bundle.manifest import Manifest
from api.bundle.reference import FeatureReference, Reference
from api.telemetry.answer_metrics import ValueMetrics
from api.telemetry.counting import Add, Timer, adder
from api.telemetry.metrics import Metrics
from api.telemetry.segment_metrics import SegmentMetrics
from api.telemetry.thresholds import Thresholds

_SMALL_BATCH = 16
_CONFIDENCE_BINS = (
    "[0, 0.5]", "(0.5, 0.6]", "(0.6, 0.7]", "(0.7, 0.8]", "(0.8, 0.9]", "(0.9, 0.95]", "(0.95, 0.99]", "(0.99, 1]",
)  # fmt: skip
_CONFIDENCES: list[float] = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99], dtype=np.float32).tolist()

Rows = list[list[Any]] | npt.NDArray[np.float32] | npt.NDArray[np.float64]
"""n rows of values as they came, [n, features]: a list from JSON objects, or an array from a tensor."""


class ModelMetrics:
    """The metrics of one served model, with every label looked up once.

    Features are counted under the version that answered, in its own bins: a canary's answers, or the bins of the
    version before, never mix with those of production. A shadow answers what was counted already.
    """

    def __init__(self, metrics: Metrics, manifest: Manifest, reference: Reference, version: str, variant: str) -> None:
        self._metrics = metrics
        self._version, self._variant = version, variant
        answers = metrics.answers
        self._of_training = metrics.served.of(manifest, reference)
        self.observe_latency = Timer(answers.predict_latency.labels(version, variant)).observe
        self.count_failure = adder(answers.prediction_failures.labels(version, variant))
        # A regression's answers are counted by the bin of their value, and have no confidence.
        labels = manifest.target.classes if reference.target is None else reference.target.labels
        self._labels = [adder(answers.predictions.labels(version, variant, name)) for name in labels]
        self._confidence = [
            adder(answers.prediction_confidence.labels(version, variant, name))
            for name in (_CONFIDENCE_BINS if reference.target is None else ())
        ]
        self._expectation = None if manifest.calibration is None else Expectation(manifest.calibration)
        if self._expectation is not None:
            self._expect = adder(answers.expected_correct.labels(version, variant))
        self._answers = reference.answers
        self._plain = manifest.plain and reference.target is None
        # Of a feature that becomes several columns the first one is counted.
        widths = [width(feature) for feature in manifest.features]
        self._places = list(accumulate(widths[:-1], initial=0))
        self._features = (
            [_FeatureMetrics(metrics.values, version, f, reference.features[f.name]) for f in manifest.features]
            if variant != "shadow"
            else []
        )
        confidences = [[math.inf, *_CONFIDENCES]] if self._confidence else []
        self._thresholds = Thresholds(
            [*([feature.maximum, *feature.edges] for feature in self._features), *confidences],
            from_below=[*(feature.minimum for feature in self._features), *(-math.inf for _ in confidences)],
        )
        self._segments = [
            (place, SegmentMetrics(answers, version, variant, f, reference.features[f.name].labels, labels,
                                   reference.segments.get(f.name, {}),
                                   expects=self._expectation is not None))
            for f, place in zip(manifest.features, self._places, strict=True)
            if f.name in manifest.segments and isinstance(f, Category | Boolean) and variant != "shadow"
        ]  # fmt: skip

    def observe(self, rows: Rows, labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float32]) -> None:
        """Count n answered rows as the model took them, their labels [n] and probabilities [n, classes]."""
        if isinstance(rows, list) and len(rows) <= _SMALL_BATCH and self._plain:
            self._observe_few(rows, labels.tolist(), probabilities.tolist())
            return
        _add(self._labels, labels)
        expected: npt.NDArray[np.float64] | None = None
        columns = np.asarray(rows).T
        compared = np.empty((self._thresholds.columns, len(labels)), np.result_type(columns, np.float32))
        if self._features:
            compared[: len(self._features)] = columns if len(columns) == len(self._places) else columns[self._places]
        if self._confidence:
            # A row for each class: numpy finds the largest of a few neighbours ten times as slowly.
            compared[-1] = top = np.ascontiguousarray(probabilities.T).max(axis=0)
            if self._expectation is not None:
                shares = probabilities.ravel()[np.arange(0, probabilities.size, probabilities.shape[1]) + labels]
                expected = self._expectation.each(top, shares)
                self._expect(float(expected.sum()))
        # One comparison for all of them: to start it costs as much as a column.
        above = self._thresholds.above(compared)
        if self._confidence:
            _add_bins(self._confidence, len(labels), above.pop()[2:])
        for feature, column, (reach, beyond, *over) in zip(self._features, compared, above, strict=False):
            feature.count(column, reach, beyond, over)
        for place, segment in self._segments:
            segment.count(columns[place], labels, expected)

    def _observe_few(self, rows: list[list[Any]], labels: list[int], probabilities: list[list[float]]) -> None:
        expectation = self._expectation
        for row, label, shares in zip(rows, labels, probabilities, strict=True):
            top = max(shares)
            self._labels[label](1.0)
            self._confidence[bisect_left(_CONFIDENCES, top)](1.0)
            if expectation is not None:
                self._expect(expectation.of(top, shares[label]))
            for feature, value in zip(self._features, row, strict=False):
                feature.bins[bisect_left(feature.edges, value)](1.0)
                if not feature.minimum <= value <= feature.maximum:
                    feature.out_of_range(1.0)

    def enter(self) -> None:
        """This worker serves this model now."""
        self._metrics.versions.enter(self._version)
        self._set(workers=1, present=True)

    def leave(self) -> None:
        """This worker no longer serves it. Its gauges stay at 0 for a while, so that every scrape sees the change."""
        self._set(workers=0, present=False)
        self._metrics.versions.leave(self._version)

    def _set(self, *, workers: int, present: bool) -> None:
        self._metrics.policy.model_info.labels(self._version, self._variant).set(workers)
        for gauge, value in self._of_training:
            gauge.labels(self._version, self._variant).set(value if present else 0)
        if self._variant != "production":
            return
        for name, share in self._answers.items():
            self._metrics.values.prediction_reference.labels(self._version, name).set(share if present else 0)
        for feature in self._features:
            feature.set_reference(feature.share if present else [0.0] * len(feature.share))
        for _, segment in self._segments:
            segment.set_reference(present=present)


class _FeatureMetrics:
    """A bin is closed on the right, so a value's bin is the number of edges below it.

    Categories are whole numbers, each in a bin of its own; what is missing is in the last bin of a nullable feature.
    """

    def __init__(self, metrics: ValueMetrics, version: str, feature: Feature, reference: FeatureReference) -> None:
        name = feature.name
        self.minimum, self.maximum = limits(feature)
        self._nullable = feature.nullable
        self.out_of_range = adder(metrics.out_of_range.labels(name))
        known = len(reference.labels) - feature.nullable
        edges = reference.edges
        if isinstance(feature, Number) and feature.is_scaled:
            edges = [feature.scaled(edge) for edge in edges]
        self.edges = edges or [float(index) for index in range(known - 1)]
        self.share = reference.share
        self.bins = [adder(metrics.feature_observations.labels(version, name, label)) for label in reference.labels]
        self._references = [metrics.feature_reference.labels(version, name, label) for label in reference.labels]

    def count(self, column: npt.NDArray[Any], reach: int, beyond: int, over: Sequence[int]) -> None:
        """Count the values [n]: ``reach`` of them are not below the minimum, ``beyond`` are above the maximum, and
        ``over`` says how many are above each edge, of which there may be more than this feature has.
        """
        there = len(column)
        if self._nullable:
            gaps = int(np.isnan(column).sum())
            there -= gaps
            if gaps:
                self.bins[-1](gaps)
        if outside := there - reach + beyond:
            self.out_of_range(outside)
        _add_bins(self.bins, there, over[: len(self.edges)])

    def set_reference(self, share: Sequence[float]) -> None:
        for gauge, value in zip(self._references, share, strict=True):
            gauge.set(value)


def _add(counters: Sequence[Add], indices: npt.NDArray[np.int64]) -> None:
    """Add to each counter how often its index, int64 [n], occurs."""
    for index, count in enumerate(np.bincount(indices, minlength=len(counters)).tolist()):
        if count:
            counters[index](count)


def _add_bins(counters: Sequence[Add], there: int, above: Sequence[int]) -> None:
    """Add to the counter of each bin how many of ``there`` values are in it: ``above`` its lower edge, not the next."""
    for counter, more, less in zip(counters, (there, *above), (*above, 0), strict=False):
        if more > less:
            counter(more - less)
