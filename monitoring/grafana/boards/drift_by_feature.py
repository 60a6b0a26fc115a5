"""The panel of each feature's drift, on the boards Overview and Model."""

from grafana_foundation_sdk.builders import bargauge

from monitoring.grafana.boards import thresholds
from monitoring.grafana.boards.panels import worst_first


def drift_by_feature() -> bargauge.Panel:
    return worst_first(
        "Drift by feature",
        "Population stability index over the last hour, worst on top. 0.1 is worth a look; with a large training set 0.2 is an alert.",
        "none",
        "max by (feature) (version_feature:psi:1h)",
        "{{feature}}",
        steps=thresholds.PSI,
        most=0.5,
    )
