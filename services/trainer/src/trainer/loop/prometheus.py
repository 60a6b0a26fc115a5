"""What Prometheus knows of a served version: answers, failures, latency, and how often it was right."""

import math
from dataclasses import dataclass
from typing import Any, Protocol

from trainer.errors import ServiceUnreachableError
from trainer.loop.web import get_json


@dataclass(frozen=True)
class Served:
    """A version over a stretch of time. What was not measured is 0, and a quotient of nothing None."""

    answered: float
    failed: float
    p99_ms: float | None
    correct: float
    incorrect: float

    @property
    def failure_ratio(self) -> float:
        asked = self.answered + self.failed
        return self.failed / asked if asked else 0.0

    @property
    def judged(self) -> float:
        return self.correct + self.incorrect

    @property
    def accuracy(self) -> float | None:
        return self.correct / self.judged if self.judged else None


class Watch(Protocol):
    def served(self, version: str, variant: str, seconds: float) -> Served:
        """Over the last `seconds`. Raises ServiceUnreachableError."""

    def fires(self, alert: str) -> bool:
        """Whether an alert of this name fires now. Raises ServiceUnreachableError."""


class Prometheus:
    """The plain HTTP API of a Prometheus."""

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/api/v1/query"

    def served(self, version: str, variant: str, seconds: float) -> Served:
        labels, window = f'version="{version}",variant="{variant}"', f"[{max(1, round(seconds))}s]"
        buckets = f"sum by (le) (increase(predict_latency_seconds_bucket{{{labels}}}{window}))"
        p99 = self._value(f"histogram_quantile(0.99, {buckets})")
        return Served(
            answered=self._value(f"sum(increase(predictions_total{{{labels}}}{window}))") or 0.0,
            failed=self._value(f"sum(increase(prediction_failures_total{{{labels}}}{window}))") or 0.0,
            p99_ms=None if p99 is None else p99 * 1000,
            correct=self._feedback(version, "correct", window),
            incorrect=self._feedback(version, "incorrect", window),
        )

    def fires(self, alert: str) -> bool:
        return bool(self._value(f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})'))

    def _feedback(self, version: str, outcome: str, window: str) -> float:
        return self._value(f'sum(increase(feedback_total{{version="{version}",outcome="{outcome}"}}{window}))') or 0.0

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
