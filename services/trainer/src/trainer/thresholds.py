"""The parts of params.yaml that shape no model: they decide what is let in, and what may serve."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]


class ParamsSection(BaseModel):
    """A section of params.yaml: every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Difference(ParamsSection):
    """Challenger against champion, on the same rows."""

    margin: float = Field(ge=0)
    """The challenger's measured metric may be at most this much worse."""
    worst: float = Field(ge=0)
    """The far end of the confidence interval may be at most this much worse, so too little evidence fails."""

    @model_validator(mode="after")
    def _ordered(self) -> "Difference":
        if self.worst < self.margin:
            raise ValueError(f"worst {self.worst:g} is below margin {self.margin:g}")
        return self


class Gate(ParamsSection):
    """The limits of the gate."""

    minimum_rows: int = Field(ge=1)
    """Fewer rows that neither model has trained on decide nothing."""
    confidence: float = Field(gt=0.5, lt=1)
    """The confidence of the bootstrap intervals, e.g. 0.95."""
    resamples: int = Field(ge=100, le=100_000)
    no_better_than_guessing: Literal["refuse", "serve_anyway"] = "refuse"
    """Whether to refuse a model that is not surely better than always giving the most frequent class, or the mean."""
    accuracy_floor: Share | None = None
    log_loss_ceiling: Positive | None = None
    """A floor or ceiling that is absent is not checked."""
    accuracy: Difference
    """The difference in accuracy, as a share from 0 to 1."""
    log_loss: Difference
    """The difference in log-loss, in nats."""
    r2_floor: float | None = Field(default=None, le=1)
    """The least R² of a regression, in place of accuracy and log-loss."""
    r2: Difference
    segment_margin: Share = 0.05
    """In no segment may the challenger be surely worse than the champion, and by more than this (`segment: true`)."""
    recall_floor: Share | None = None
    """The least recall of every class with `recall_rows` rows among those judged."""
    recall_rows: int = Field(ge=1)
    calibration_ceiling: Share | None = None
    """Expected calibration error: how far confidence is from accuracy, on average."""
    latency_ms: Positive
    """The highest median latency of one row in ONNX Runtime, on the machine that judges."""
    size_mb: Positive
    """The largest size of the bundle's files together, in 10^6 bytes."""


class Feedback(ParamsSection):
    """Which labelled predictions are trained on."""

    most_rows: int = Field(ge=1, le=1_000_000)
    """Asked of the courier at once, the newest."""
    lookback_days: int = Field(ge=0)
    """Truth may come late: predictions at most this much older than the newest one known are asked for again."""
    neighbours: int = Field(ge=1)
    """A label that none of this many nearest labelled rows has is an outlier."""
    deviations: Positive
    """For a regression: a value this many standard deviations from the neighbours' mean is an outlier."""
    class_share: Annotated[float, Field(gt=0, le=1)]
    """The largest share of a day's labelled rows that one class may have, or"""
    class_minimum: int = Field(ge=0)
    """this many rows, where that is more."""
    suspicious_share: Annotated[float, Field(gt=0, le=1)]
    """A day with a larger share of contradictions and outliers is left out whole, if it has"""
    suspicious_minimum: int = Field(ge=1)
    """at least this many labelled rows."""
    recent_rows: int = Field(ge=1)
    """The newest that the gate judges by, apart from the rest; those of them that are held out."""


class Retraining(ParamsSection):
    """The alias of a model that was retrained and passed the gate."""

    starts_as: Literal["canary", "production"]
    """Whether a model that passes the gate becomes production or a canary."""
    canary_percent: Annotated[float, Field(gt=0, le=100)]
    """The first share of a canary, in percent."""


class Rollout(ParamsSection):
    """The steps of a canary and what ends it."""

    steps: tuple[Annotated[float, Field(gt=0, le=100)], ...] = Field(min_length=1)
    """Shares of the traffic, rising; past the last one, or at 100, the canary is promoted."""
    step_minutes: Positive
    """How long each share is watched, at least."""
    minimum_answers: int = Field(ge=1)
    """Answers of the canary before its share grows."""
    minimum_judged: int = Field(ge=1)
    """Answers of each that have feedback, before their accuracy is compared."""
    needs_feedback: bool
    """Whether the share grows only when the accuracy could be compared."""
    accuracy_margin: Share
    """A canary is worse when it is right less often than production by more than this."""
    failure_margin: Share
    """A canary is worse when its share of failed requests is larger by more than this."""
    latency_factor: Annotated[float, Field(ge=1)]
    """A canary is worse when its p99 is more than this many times production's, and also above"""
    latency_floor_ms: Positive
    """this many milliseconds."""
    estimate_margin: Annotated[float, Field(gt=0, lt=0.5)] | None = None
    """A canary is worse when its estimated accuracy is lower than production's by more than this; None asks nothing."""
    false_stops: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """The share of canaries as good as production that may be stopped, at most, for failures or accuracy."""
    drop: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """The loss of accuracy, or the more of failures, that is found with the fewest answers."""
    patience_hours: Positive
    """A canary that gathers no evidence for this time is taken away."""

    @model_validator(mode="after")
    def _rising(self) -> "Rollout":
        if list(self.steps) != sorted(set(self.steps)):
            raise ValueError("steps do not rise")
        return self


class Loop(ParamsSection):
    """When the retrainer acts."""

    schedule_hours: float = Field(ge=0)
    """The longest time between two retrainings; 0 is never."""
    cooldown_minutes: float = Field(ge=0)
    """The shortest time between two retrainings."""
    repeat_hours: float = Field(ge=0)
    """An alert that goes on is answered again after this time; at once after a retraining that failed."""
    rollout_seconds: Positive
    """Between two looks at the canary."""
    drift_hours: float = Field(default=24, ge=0)
    """Between two looks for columns that drift together; 0 is never."""
    timeout_minutes: Positive
    """A retraining that takes longer is ended."""


class Thresholds(ParamsSection):
    """The limits in params.yaml that the running platform needs, too."""

    gate: Gate
    feedback: Feedback
    retraining: Retraining
    rollout: Rollout
    loop: Loop
