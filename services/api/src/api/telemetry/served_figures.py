"""Gauges of a served version's training: how well it did on its hold-out, and on how many rows."""

from prometheus_client import CollectorRegistry, Gauge

from api.bundle.manifest import Manifest, Quality
from api.bundle.reference import Reference


class ServedFigures:
    """Each is 0 for a version that is gone, and has no series where the bundle does not have the figure."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.accuracy = Gauge(
            "model_accuracy_ratio",
            "Accuracy of a served version on its hold-out; 0 for a version that is gone",
            ["version", "variant"],
            multiprocess_mode="livemax",
            registry=registry,
        )
        self.holdout_rows = Gauge(
            "model_holdout_rows",
            "Rows of the hold-out on which a served version's accuracy was measured; 0 for a version that is gone",
            ["version", "variant"],
            multiprocess_mode="livemax",
            registry=registry,
        )
        self.calibration_rows = Gauge(
            "model_calibration_rows",
            "Rows the calibration of a served version was learned from; 0 for a version that is gone",
            ["version", "variant"],
            multiprocess_mode="livemax",
            registry=registry,
        )
        self.coverage = Gauge(
            "model_coverage_ratio",
            "Share of the answers whose set or interval holds the truth, as promised; 0 for a version that is gone",
            ["version", "variant"],
            multiprocess_mode="livemax",
            registry=registry,
        )
        self.coverage_rows = Gauge(
            "model_coverage_rows",
            "Hold-out rows that sets and intervals were measured on; 0 for a version that is gone",
            ["version", "variant"],
            multiprocess_mode="livemax",
            registry=registry,
        )
        self.train_rows = Gauge(
            "model_train_rows",
            "Rows a served version was trained on; 0 for a version that is gone, absent where its bundle does not say",
            ["version", "variant"],
            multiprocess_mode="livemax",
            registry=registry,
        )

    def of(self, manifest: Manifest, reference: Reference) -> list[tuple[Gauge, float]]:
        """The figures that a bundle has, each beside its gauge."""
        found: list[tuple[Gauge, float]] = []
        if isinstance(manifest.quality, Quality):
            found.append((self.accuracy, manifest.quality.accuracy))
            found.append((self.holdout_rows, manifest.quality.rows))
        if manifest.calibration is not None:
            found.append((self.calibration_rows, manifest.calibration.rows))
        if manifest.conformal is not None:
            found.append((self.coverage, manifest.conformal.coverage))
            found.append((self.coverage_rows, manifest.conformal.rows))
        if reference.rows is not None:
            found.append((self.train_rows, reference.rows))
        return found
