"""Dashboards and rules use metrics and labels that somebody declares."""

from typing import Any

import pytest

from tests.monitoring.declarations import Declaration
from tests.monitoring.promql import labels_of, metrics_of

OF_PROMETHEUS = {"up"}
OF_THE_RETRAINER = {"retrain_last_success_timestamp_seconds"}
LABELS_OF_PROMETHEUS = {"job", "instance"}


def expressions(dashboards: dict[str, dict[str, Any]], rules: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """(where, PromQL) of every panel and rule."""
    panels = [
        (f"{name}: {panel['title']}", target["expr"])
        for name, dashboard in dashboards.items()
        for panel in dashboard["panels"]
        for target in panel.get("targets", [])
        if "expr" in target
    ]
    return panels + [(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules]


def test_every_metric_in_a_dashboard_or_rule_is_declared(
    dashboards: dict[str, dict[str, Any]], rules: list[dict[str, Any]], declared: list[Declaration]
) -> None:
    known = set.union(*(declaration.series for declaration in declared)) | OF_PROMETHEUS | OF_THE_RETRAINER
    known |= {rule["record"] for rule in rules if "record" in rule}
    unknown = {where: metrics_of(text) - known for where, text in expressions(dashboards, rules)}
    assert {where: names for where, names in unknown.items() if names} == {}


def test_every_label_in_a_dashboard_or_rule_is_one_its_metrics_have(
    dashboards: dict[str, dict[str, Any]], rules: list[dict[str, Any]], declared: list[Declaration]
) -> None:
    labels = {series: declaration.labels for declaration in declared for series in declaration.series}
    # Rules are in the order in which one builds upon the other.
    for rule in sorted(rules, key=lambda rule: "alert" in rule):
        if "record" in rule:
            inherited = frozenset[str]().union(
                *(labels.get(metric, frozenset()) for metric in metrics_of(rule["expr"]))
            )
            labels[rule["record"]] = labels.get(rule["record"], frozenset()) | inherited | rule.get("labels", {}).keys()
    wrong = {}
    for where, text in expressions(dashboards, rules):
        allowed = LABELS_OF_PROMETHEUS.union(*(labels.get(metric, frozenset()) for metric in metrics_of(text)))
        if extra := labels_of(text) - allowed:
            wrong[where] = extra
    assert wrong == {}


def test_what_two_services_declare_alike_has_the_same_labels(declared: list[Declaration]) -> None:
    by_name: dict[str, set[tuple[str, frozenset[str]]]] = {}
    for one in declared:
        by_name.setdefault(one.name, set()).add((one.kind, one.labels))
    assert [name for name, shapes in by_name.items() if len(shapes) > 1] == []


@pytest.mark.parametrize(
    ("expression", "metrics", "labels"),
    [
        ("up == 0", {"up"}, set()),
        ('sum by (le) (rate(a_bucket{status=~"5..", b!="up"}[5m]))', {"a_bucket"}, {"le", "status", "b"}),
        ("a / on (job, x) group_left (y) sum without (z) (b_total)", {"a", "b_total"}, {"job", "x", "y", "z"}),
        ("(sum(x_total) or vector(0)) / 2e3 > bool 0.5", {"x_total"}, set()),
        ('up{job="api"} == 1 unless on (job) sum by (job) (m{variant="p"}) > 0', {"up", "m"}, {"job", "variant"}),
        ("histogram_quantile(0.95, sum by (le) (rate(d:x_bucket[$__rate_interval])))", {"d:x_bucket"}, {"le"}),
        ("time() - last_seconds > 300", {"last_seconds"}, set()),
    ],
)
def test_the_reading_of_an_expression(expression: str, metrics: set[str], labels: set[str]) -> None:
    assert metrics_of(expression) == metrics
    assert labels_of(expression) == labels
