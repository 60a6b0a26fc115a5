"""Panels of the board Model: answers, accuracy and drift by segment."""

from monitoring.grafana.boards import thresholds
from monitoring.grafana.boards.board import Panels
from monitoring.grafana.boards.panel_frame import NO_SEGMENT
from monitoring.grafana.boards.panels import lines


def segments() -> Panels:
    name = "{{feature}}: {{segment}}"
    yield (
        6,
        lines(
            "Answers by segment",
            "Share of an hour's answered rows in each segment." + NO_SEGMENT,
            "percentunit",
            {name: 'max by (feature, segment) (version_segment:rows:ratio{version=~"$version"})'},
        ),
    )
    yield (
        6,
        lines(
            "Estimated accuracy by segment",
            "Without labels: the mean calibrated confidence of an hour's answers. Blind to a change of meaning."
            + NO_SEGMENT,
            "percentunit",
            {f"version {{{{version}}}}, {name}": 'version_segment:estimated:ratio{version=~"$version"}'},
        ),
    )
    yield (
        6,
        lines(
            "Live accuracy by segment",
            "Share of a day's answers with feedback that were correct. With little feedback it is chance." + NO_SEGMENT,
            "percentunit",
            {f"version {{{{version}}}}, {name}": 'version_segment:accuracy:ratio{version=~"$version"}'},
        ),
    )
    yield (
        6,
        lines(
            "Drift by segment",
            "Population stability index of a segment's answers: the last hour (from 500 rows on) against the model's "
            "answers to the hold-out. Chance explains what is below the last line, drawn for the smallest segment."
            + NO_SEGMENT,
            "none",
            {
                f"version {{{{version}}}}, {name}": 'version_segment:psi:1h{version=~"$version"}',
                "chance": 'max(version_segment:psi:threshold1h{version=~"$version"} and version_segment:psi:1h)',
            },
            steps=thresholds.PSI,
        ),
    )
