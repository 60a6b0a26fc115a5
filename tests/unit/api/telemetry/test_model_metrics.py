"""What an answered row adds to the counters, by version and variant."""

from pathlib import Path

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from api.bundle.certainty import Calibration
from api.bundle.reader import read_bundle
from api.telemetry.metrics import Metrics
from api.telemetry.model_metrics import ModelMetrics
from tests.support.bundles import make_bundle

ROW = [5.0, 3.0, 1.5, 0.2]


class Counted:
    def __init__(self, folder: Path) -> None:
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)
        self.bundle = read_bundle(folder / "bundles", make_bundle(folder))

    def model(self, version: str, variant: str) -> ModelMetrics:
        return ModelMetrics(self.metrics, self.bundle.manifest, self.bundle.reference, version, variant)

    def of(self, name: str, **labels: str) -> dict[str, float]:
        """Non-zero values of a metric with these labels, by what is left of the labels."""
        return {
            "/".join(value for key, value in sorted(sample.labels.items()) if key not in labels): sample.value
            for family in self.registry.collect()
            for sample in family.samples
            if sample.name == name and sample.value and labels.items() <= sample.labels.items()
        }


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    return Counted(tmp_path)


@pytest.mark.parametrize("copies", [1, 50], ids=["one by one", "as arrays"])
def test_the_probability_of_the_answer_falls_into_a_bin_closed_on_the_right(counted: Counted, copies: int) -> None:
    highest = [0.34, 0.5, 0.51, 0.9, 0.95, 0.951, 0.991, 1.0]
    probabilities = np.array([[p, 1 - p, 0.0] if p >= 0.5 else [p, p, 1 - 2 * p] for p in highest], dtype=np.float32)
    rows = [ROW] * len(highest) * copies
    labels = np.zeros(len(rows), dtype=np.int64)
    counted.model("1", "production").observe(rows, labels, np.tile(probabilities, (copies, 1)))
    assert counted.of("prediction_confidence_total", version="1", variant="production") == {
        "[0, 0.5]": 2 * copies,
        "(0.5, 0.6]": copies,
        "(0.8, 0.9]": copies,
        "(0.9, 0.95]": copies,
        "(0.95, 0.99]": copies,
        "(0.99, 1]": 2 * copies,
    }


@pytest.mark.parametrize("copies", [1, 50], ids=["one by one", "as arrays"])
def test_a_canary_counts_under_its_own_version_and_a_shadow_counts_no_values_again(
    counted: Counted, copies: int
) -> None:
    labels, probabilities = np.zeros(copies, dtype=np.int64), np.full((copies, 3), 1 / 3, dtype=np.float32)
    for version, variant in (("1", "production"), ("2", "canary"), ("3", "shadow")):
        counted.model(version, variant).observe([ROW] * copies, labels, probabilities)
    of_feature = counted.of("feature_observations_total", feature="sepal_width_cm")
    assert of_feature == {"(2, 4]/1": copies, "(2, 4]/2": copies}
    assert counted.of("predictions_total", label="setosa") == {
        "production/1": copies,
        "canary/2": copies,
        "shadow/3": copies,
    }


def test_only_production_says_what_training_looked_like(counted: Counted) -> None:
    counted.model("2", "canary").enter()
    assert counted.of("feature_reference_ratio") == {}
    assert counted.of("prediction_reference_ratio") == {}
    counted.model("1", "production").enter()
    assert counted.of("feature_reference_ratio", version="1", feature="sepal_width_cm") == {
        "(-inf, 2]": 0.25,
        "(2, 4]": 0.25,
        "(4, inf)": 0.5,
    }
    assert counted.of("model_accuracy_ratio") == {"production/1": 0.9, "canary/2": 0.9}
    assert counted.of("model_holdout_rows") == {"production/1": 30, "canary/2": 30}
    assert counted.of("model_train_rows") == {"production/1": 150, "canary/2": 150}


@pytest.mark.parametrize("copies", [1, 50], ids=["one by one", "as arrays"])
def test_the_answers_expected_to_be_right_are_summed_by_the_calibration(tmp_path: Path, copies: int) -> None:
    counted = Counted(tmp_path)
    section = Calibration(rows=200, confidence=[0.0, 0.5, 1.0], correct=[0.0, 0.4, 0.9])
    manifest = counted.bundle.manifest.model_copy(update={"calibration": section})
    model = ModelMetrics(counted.metrics, manifest, counted.bundle.reference, "1", "production")
    # The second label has the lower probability, as with a decision threshold: it is right where the other is not.
    shares = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.75, 0.25, 0.0]], dtype=np.float32)
    labels = np.tile(np.array([0, 1, 1], dtype=np.int64), copies)
    model.observe([ROW] * len(labels), labels, np.tile(shares, (copies, 1)))
    expected = copies * (0.9 + 0.4 + (1 - 0.65))
    found = counted.of("predictions_expected_correct_total", version="1", variant="production")
    assert found == {"": pytest.approx(expected, abs=1e-6)}


def test_a_bundle_without_calibration_has_no_estimate(counted: Counted) -> None:
    shares = np.array([[1.0, 0.0, 0.0]], dtype=np.float32)
    counted.model("1", "production").observe([ROW], np.zeros(1, dtype=np.int64), shares)
    assert counted.of("predictions_expected_correct_total") == {}
