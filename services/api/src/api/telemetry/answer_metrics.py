"""Metrics of answered rows: how many, how fast, of which classes, with which values, and those of the shadow."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from api.telemetry.buckets import SECONDS
from api.telemetry.counting import adder


class AnswerMetrics:
    """Labels are versions, classes and bins of manifests, never texts of a client."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.predict_requests = Counter(
            "predict_requests_total", "Requests for predictions, whatever came of them", registry=registry
        )
        self.predict_latency = Histogram(
            "predict_latency_seconds",
            "From the body's last byte until the answer is in the journal",
            ["version", "variant"],
            buckets=SECONDS,
            registry=registry,
        )
        self.predictions = Counter(
            "predictions_total", "Rows answered", ["version", "variant", "label"], registry=registry
        )
        self.prediction_failures = Counter(
            "prediction_failures_total",
            "Requests that a model failed to answer: its inference went wrong",
            ["version", "variant"],
            registry=registry,
        )
        self.prediction_confidence = Counter(
            "prediction_confidence_total",
            "Rows answered, by the probability of the class that was answered",
            ["version", "variant", "bin"],
            registry=registry,
        )
        self.expected_correct = Counter(
            "predictions_expected_correct_total",
            "Rows answered that are expected to be right, by calibrated probabilities; blind to a changed meaning",
            ["version", "variant"],
            registry=registry,
        )
        self.segment_predictions = Counter(
            "segment_predictions_total",
            "Rows answered, by the value of each column that the contract marks as a segment",
            ["version", "variant", "feature", "segment", "label"],
            registry=registry,
        )
        self.segment_expected_correct = Counter(
            "segment_expected_correct_total",
            "Rows answered that are expected to be right, by the value of each segment column",
            ["version", "variant", "feature", "segment"],
            registry=registry,
        )
        self.segment_reference = Gauge(
            "segment_reference_rows",
            "Hold-out rows by segment and by the production model's answer; 0 for a version that is gone",
            ["version", "feature", "segment", "label"],
            multiprocess_mode="livemax",
            registry=registry,
        )
        self.count_request = adder(self.predict_requests)


class ValueMetrics:
    """The values in answered rows, and the shares of the training rows that drift is measured against."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.feature_observations = Counter(
            "feature_observations_total",
            "Values answered, by the bins of the version that answered; shadow answers are not counted again",
            ["version", "feature", "bin"],
            registry=registry,
        )
        self.feature_reference = Gauge(
            "feature_reference_ratio",
            "Share of the training rows in each bin of the production model; 0 for a version that is gone",
            ["version", "feature", "bin"],
            multiprocess_mode="livemax",
            registry=registry,
        )
        self.prediction_reference = Gauge(
            "prediction_reference_ratio",
            "Share of each class among the training rows of the production model; 0 for a version that is gone",
            ["version", "label"],
            multiprocess_mode="livemax",
            registry=registry,
        )
        self.out_of_range = Counter(
            "out_of_range_total", "Values answered outside of the contract's range", ["feature"], registry=registry
        )


class ShadowMetrics:
    """The answers of the shadow beside those of production."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.shadow_agreement = Counter(
            "shadow_agreement_total",
            "Rows the shadow answered, by its version and by production's answer: did it agree?",
            ["version", "label", "outcome"],
            registry=registry,
        )
        self.shadow_dropped = Counter(
            "shadow_dropped_total", "Rows the shadow was not asked, or not in time", ["reason"], registry=registry
        )
