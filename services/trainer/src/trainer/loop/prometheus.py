"""Prometheus' figures for a served version: answers, failures, latency, and how often it was right."""

import math
import time
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from trainer.errors import ServiceUnreachableError
from trainer.loop.evidence import Tally
from trainer.loop.history import grown
from trainer.loop.http_client import get_json
from trainer.loop.latency_noise import quantile_bounds

P99 = 0.99
NOTHING = Tally(np.zeros(0), np.zeros(0))


@dataclass(frozen=True)
class VersionFigures:
    """A version over a stretch of time. A count that was not measured is 0, and a quotient of nothing None."""

    answered: float
    """Rows."""
    requests: float
    """Those that were answered; one may ask about many rows."""
    failed: float
    """Requests."""
    p99_ms: float | None
    p99_least_ms: float | None
    p99_most_ms: float | None
    """Between these two the true p99 lies, but for chance (`trainer.loop.latency_noise`)."""
    correct: float
    incorrect: float

    @property
    def asked(self) -> float:
        """Requests, answered or failed."""
        return self.requests + self.failed

    @property
    def failure_ratio(self) -> float:
        return self.failed / self.asked if self.asked else 0.0

    @property
    def judged(self) -> float:
        return self.correct + self.incorrect

    @property
    def accuracy(self) -> float | None:
        return self.correct / self.judged if self.judged else None


@dataclass(frozen=True)
class MinuteFigures:
    """A version minute by minute, the oldest first."""

    requests: Tally
    """Asked, and failed."""
    feedback: Tally
    """Judged, and found wrong."""
    estimated: Tally = NOTHING
    """Answered, and of these expected to be wrong: no whole numbers. Nothing of a version without an estimate."""

    @property
    def estimated_accuracy(self) -> float | None:
        """Share of answers expected to be right, computed without labels; None if the version has no calibration."""
        rows = float(self.estimated.trials.sum())
        return 1 - float(self.estimated.bad.sum()) / rows if rows else None


class Watch(Protocol):
    """The figures that the rollout asks Prometheus for."""

    def served(self, version: str, variant: str, seconds: float) -> VersionFigures:
        """Over the last `seconds`. Raises ServiceUnreachableError."""

    def minutes(self, versions: tuple[tuple[str, str], ...], seconds: float) -> tuple[MinuteFigures, ...]:
        """For each (version, variant), the same whole minutes of the last `seconds`. Raises ServiceUnreachableError."""

    def fires(self, alert: str) -> bool:
        """Whether an alert of this name fires now. Raises ServiceUnreachableError."""


class Prometheus:
    """The plain HTTP API of a Prometheus that may know several models, one of which is asked about.

    `model` is the value of the label `model`; empty where the services of this model have no such label.
    """

    def __init__(self, url: str, model: str = "") -> None:
        self._of_model = f'model="{model}"'
        self._url = f"{url.rstrip('/')}/api/v1/query"
        self._range = f"{self._url}_range"

    def served(self, version: str, variant: str, seconds: float) -> VersionFigures:
        labels, window = self._labels(version, variant), f"[{max(1, round(seconds))}s]"
        requests = self._value(f"sum(increase(predict_latency_seconds_count{{{labels}}}{window}))") or 0.0
        buckets = f"sum by (le) (increase(predict_latency_seconds_bucket{{{labels}}}{window}))"
        least, most = quantile_bounds(P99, requests)
        return VersionFigures(
            answered=self._value(f"sum(increase(predictions_total{{{labels}}}{window}))") or 0.0,
            requests=requests,
            failed=self._value(f"sum(increase(prediction_failures_total{{{labels}}}{window}))") or 0.0,
            p99_ms=self._milliseconds(P99, buckets),
            p99_least_ms=self._milliseconds(least, buckets),
            p99_most_ms=self._milliseconds(most, buckets),
            correct=self._feedback(version, "correct", window),
            incorrect=self._feedback(version, "incorrect", window),
        )

    def minutes(self, versions: tuple[tuple[str, str], ...], seconds: float) -> tuple[MinuteFigures, ...]:
        end = time.time()
        return tuple(self._minutes(version, variant, end, seconds) for version, variant in versions)

    def _minutes(self, version: str, variant: str, end: float, seconds: float) -> MinuteFigures:
        labels = self._labels(version, variant)
        answered, failed, correct, incorrect, rows, expected = (
            grown(self._range, selector, end, seconds)
            for selector in (
                f"predict_latency_seconds_count{{{labels}}}",
                f"prediction_failures_total{{{labels}}}",
                f'feedback_total{{{self._of_model},version="{version}",outcome="correct"}}',
                f'feedback_total{{{self._of_model},version="{version}",outcome="incorrect"}}',
                f"predictions_total{{{labels}}}",
                f"predictions_expected_correct_total{{{labels}}}",
            )
        )
        # Without a calibration in its bundle a version has no estimate; it is not one that is always wrong.
        rows = rows if expected.any() else np.zeros_like(rows)
        return MinuteFigures(
            Tally(answered + failed, failed),
            Tally(correct + incorrect, incorrect),
            Tally(rows, np.clip(rows - expected, 0.0, rows)),
        )

    def fires(self, alert: str) -> bool:
        return bool(self._value(f'count(ALERTS{{{self._of_model},alertname="{alert}",alertstate="firing"}})'))

    def _feedback(self, version: str, outcome: str, window: str) -> float:
        labels = f'{self._of_model},version="{version}",outcome="{outcome}"'
        return self._value(f"sum(increase(feedback_total{{{labels}}}{window}))") or 0.0

    def _labels(self, version: str, variant: str) -> str:
        return f'{self._of_model},version="{version}",variant="{variant}"'

    def _milliseconds(self, quantile: float, buckets: str) -> float | None:
        """A quantile of the latency; None where nothing was measured."""
        seconds = self._value(f"histogram_quantile({quantile:.6f}, {buckets})")
        return None if seconds is None else seconds * 1000

    def _value(self, query: str) -> float | None:
        """The one value of an instant query; None where there is none."""
        answer: Any = get_json(self._url, {"query": query})
        try:
            if answer["status"] != "success":
                raise ServiceUnreachableError(f"{self._url} refused {query}: {answer.get('error')}")
            found = answer["data"]["result"]
            value = float(found[0]["value"][1]) if found else math.nan
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ServiceUnreachableError(f"{self._url} answered something unexpected to {query}") from error
        return value if math.isfinite(value) else None
