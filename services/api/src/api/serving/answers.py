"""The types of a request for predictions and of its answers."""

from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from api.bundle.tree_levels import Numbers
from api.journal.identifiers import Ids
from api.journal.number_rows import NumberRows
from api.serving.served_models import ServedModel
from api.telemetry.model_metrics import Rows


class RequestContext(Protocol):
    """A request for predictions: its id, when its body had come, and what else its record says about it."""

    request_id: str
    origin: str
    """More members of the record as JSON, each after its comma, or nothing."""

    @property
    def trial(self) -> bool:
        """Whether a person only tries the model: the answer is recorded with that mark and counts neither in drift nor
        in quality."""

    @property
    def arrived(self) -> float:
        """``perf_counter`` of the body's last byte."""


class Answered(NamedTuple):
    """n answers that are in the journal: ``labels`` int64 [n], ``probabilities`` float32 [n, classes], ``ids`` n.

    ``shares`` are the probabilities as JSON.
    """

    model: ServedModel
    rows: Rows
    labels: npt.NDArray[np.int64]
    probabilities: npt.NDArray[Any]
    shares: NumberRows
    ids: Ids
    at: str
    latency_ms: float
    reasons: Numbers | None = None
    """[n, 1 + features]: the base and the contribution of each feature, where they were asked for."""


class AnsweredRow(NamedTuple):
    """One answer that is in the journal; ``probabilities`` is JSON, one number per class, joined by commas."""

    model: ServedModel
    row: list[Any]
    label: int
    probabilities: str
    id: str
    at: str
    latency_ms: str


def record_members(context: RequestContext) -> str:
    """The members of the record about the request: that it is a trial, and those of its origin."""
    return f',"trial":true{context.origin}' if context.trial else context.origin
