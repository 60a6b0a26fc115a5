"""The parts of params.yaml that shape no model: they decide what is let in, and what may serve."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]


class Part(BaseModel):
    """A section of params.yaml: every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Difference(Part):
    """Challenger against champion, on the same rows."""

    margin: float = Field(ge=0)
    """So much worse the challenger may be measured to be: what chance explains."""
    worst: float = Field(ge=0)
    """So much worse it must be ruled out to be, by the far end of the interval: too little evidence fails here."""

    @model_validator(mode="after")
    def _ordered(self) -> "Difference":
        if self.worst < self.margin:
            raise ValueError(f"worst {self.worst:g} is below margin {self.margin:g}")
        return self


class Gate(Part):
    minimum_rows: int = Field(ge=1)
    """Fewer rows that neither model has trained on decide nothing."""
    confidence: float = Field(gt=0.5, lt=1)
    """Of the bootstrap intervals, e.g. 0.95."""
    resamples: int = Field(ge=100, le=100_000)
    accuracy_floor: Share
    log_loss_ceiling: Positive
    accuracy: Difference
    """As shares, 0 to 1."""
    log_loss: Difference
    """In nats."""
    r2_floor: float = Field(le=1)
    """Of a regression, instead of accuracy and log-loss."""
    r2: Difference
    recall_floor: Share
    """Of every class that has `recall_rows` rows among those judged."""
    recall_rows: int = Field(ge=1)
    calibration_ceiling: Share
    """Expected calibration error: how far confidence is from accuracy, on average."""
    latency_ms: Positive
    """Of one row in ONNX Runtime, the median, on the machine that judges."""
    size_mb: Positive
    """Of all files of the bundle, in 10^6 bytes."""


class Thresholds(Part):
    gate: Gate
