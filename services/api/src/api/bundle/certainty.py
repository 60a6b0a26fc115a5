"""The certainty of an answer, by the numbers of the manifest: the chance that it is right, its set or its interval."""

from bisect import bisect_left
from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, FiniteFloat, model_validator

from api.bundle.features import ManifestSection

Share = Annotated[float, Field(ge=0, le=1)]
Rows = Annotated[int, Field(ge=1)]

_STEPS = 1000
_TOLERANCE = 1e-6
"""The model answers in float32. A forest has many equal probabilities: one at the limit must stay in its set."""


class Calibration(ManifestSection):
    """Straight lines from the probability of an answered class to how often such an answer is right."""

    rows: Rows
    confidence: Annotated[list[Share], Field(min_length=2, max_length=100)]
    correct: Annotated[list[Share], Field(min_length=2, max_length=100)]

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if len(self.confidence) != len(self.correct):
            raise ValueError("calibration: confidence and correct have different lengths")
        if any(low >= high for low, high in zip(self.confidence, self.confidence[1:], strict=False)):
            raise ValueError("calibration: confidence must increase strictly")
        if any(low > high for low, high in zip(self.correct, self.correct[1:], strict=False)):
            raise ValueError("calibration: correct must not decrease")
        return self


class Expectation:
    """Looks the chance of being right up in steps of a thousandth: 0.1 µs a row, where interpolation takes 3 µs."""

    def __init__(self, calibration: Calibration) -> None:
        steps = np.interp(np.arange(_STEPS + 1) / _STEPS, calibration.confidence, calibration.correct)
        self._array = steps
        self._steps: list[float] = steps.tolist()

    def of(self, top: float, share: float) -> float:
        """The chance that an answer is right: ``share`` is its probability, ``top`` the highest of all classes."""
        step = self._steps[int(top * _STEPS + 0.5)]
        # With a decision threshold the answer may be the less probable of two classes.
        return step if share == top else 1.0 - step

    def each(self, top: npt.NDArray[Any], share: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """:meth:`of` for n answers, [n]."""
        steps = self._array[(top * _STEPS + 0.5).astype(np.int64)]
        return np.where(share == top, steps, 1.0 - steps)


class Conformal(ManifestSection):
    """The numbers of split-conformal sets (``least_probability``) or intervals (``edges`` and ``half_width``)."""

    coverage: Annotated[float, Field(ge=0.5, le=0.99)]
    rows: Rows
    by: Literal["all", "class", "bin"]
    least_probability: list[Share] = Field(default=[])
    edges: Annotated[list[FiniteFloat], Field(max_length=100)] = Field(default=[])
    half_width: list[Annotated[FiniteFloat, Field(ge=0)]] = Field(default=[])

    def unfit(self, classes: int) -> str | None:
        """Why these numbers do not belong to a model with this number of classes (0 for a regression)."""
        if len(self.least_probability) != classes:
            return "conformal: there is not one least_probability for each class"
        if len(self.half_width) != (0 if classes else len(self.edges) + 1):
            return "conformal: there is not one half_width for each bin of a regression"
        if any(low >= high for low, high in zip(self.edges, self.edges[1:], strict=False)):
            return "conformal: edges must increase strictly"
        return None

    def members(self, probabilities: list[float]) -> list[int]:
        """The classes in a row's set. It is empty where the row is like none of the hold-out's."""
        least = self.least_probability
        return [label for label, share in enumerate(probabilities) if share >= least[label] - _TOLERANCE]

    def interval(self, value: float) -> tuple[float, float]:
        """The interval around a regression's value."""
        half = self.half_width[bisect_left(self.edges, value)]
        return value - half, value + half
