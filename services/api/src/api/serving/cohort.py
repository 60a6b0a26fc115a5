"""Cohort scheduling: batches that came together go through each stage of their answers one after the other.

A batch of many rows drives the code of the next stage out of the processor's caches. In a cohort, the first batch loads
that code for all (Larus and Parkes, "Using Cohort Scheduling to Enhance Server Performance", USENIX 2002). Rows of JSON
objects form no cohort: they are lists, so large in memory that they would leave the caches themselves.
"""

import asyncio
from collections import defaultdict
from typing import Any, NamedTuple, TypeGuard

import numpy as np
import numpy.typing as npt

from api.telemetry.model_metrics import ModelMetrics, Rows

_MANY = 64
"""Batches of fewer rows cost less than the turns of the event loop between their stages."""

_MOST_HELD = 1 << 20
"""Values of rows that wait to be counted."""


async def next_stage(rows: Rows) -> None:
    """Let the other batches of this turn of the event loop end the stage that this batch has ended."""
    if _forms_cohort(rows):
        await asyncio.sleep(0)


def _forms_cohort(rows: Rows) -> TypeGuard[npt.NDArray[Any]]:
    return isinstance(rows, np.ndarray) and len(rows) >= _MANY


class _Answers(NamedTuple):
    """As :meth:`ModelMetrics.observe` takes them."""

    rows: npt.NDArray[Any]
    labels: npt.NDArray[np.int64]
    probabilities: npt.NDArray[Any]


class CohortCounter:
    """Counts the answers to a cohort for drift and quality at once: for numpy, 1,000 rows more are nearly free.

    They are counted in the next turn of the event loop, and so before their batches have ended another stage.
    """

    def __init__(self) -> None:
        self._held: defaultdict[tuple[ModelMetrics, np.dtype[Any]], list[_Answers]] = defaultdict(list)
        self._values = 0

    def observe(
        self, metrics: ModelMetrics, rows: Rows, labels: npt.NDArray[np.int64], probabilities: npt.NDArray[Any]
    ) -> None:
        """Count n answered rows like :meth:`ModelMetrics.observe`: those of a cohort together, others now."""
        if not _forms_cohort(rows):
            metrics.observe(rows, labels, probabilities)
            return
        if not self._held:
            asyncio.get_running_loop().call_soon(self._count)
        # Values are compared with the limits in their own type, so that one type must not become the other.
        self._held[metrics, rows.dtype].append(_Answers(rows, labels, probabilities))
        self._values += rows.size
        if self._values > _MOST_HELD:
            self._count()

    def _count(self) -> None:
        held, self._held, self._values = self._held, defaultdict(list), 0
        for (metrics, _), answers in held.items():
            if len(answers) == 1:
                metrics.observe(*answers[0])
            else:
                rows, labels, probabilities = zip(*answers, strict=True)
                metrics.observe(np.concatenate(rows), np.concatenate(labels), np.concatenate(probabilities))
