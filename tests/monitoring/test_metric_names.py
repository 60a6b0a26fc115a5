"""Dashboards, rules and our own programs use metrics and labels that a service declares."""

import re
from typing import Any

import pytest

from tests.monitoring.conftest import ROOT
from tests.monitoring.declarations import Declaration
from tests.monitoring.programs import (
    ASKERS,
    asked_by_the_loop_demo,
    asked_by_the_trainer,
    counters_named,
    files_that_ask,
)
from tests.monitoring.promql import labels_of, metrics_of

OF_PROMETHEUS = {
    "up",
    "ALERTS",
    "scrape_duration_seconds",
    "process_resident_memory_bytes",
    "prometheus_tsdb_head_series",
    "prometheus_rule_group_last_duration_seconds",
    "alertmanager_notifications_total",
    "alertmanager_notifications_failed_total",
}
"""What Prometheus, its client library and Alertmanager bring themselves."""

LABELS_OF_PROMETHEUS = {"job", "instance", "alertname", "alertstate", "integration", "model", "runbook", "__name__"}
AD_HOC = {
    "predict_requests_total": "what each protocol asked for, beside http_requests_total",
    "api_keys": "how many keys are in force after a change",
    "api_key_reloads_total": "whether a change of the keys was taken",
    "retrain_running": "whether a training runs now; the boards count those that ended",
    "rollout_percent": "the rollout's own word for canary_traffic_ratio, which the boards show",
}
"""Declared, and shown by no board and asked by no rule: for looking things up."""


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


def labels_by_series(declared: list[Declaration], rules: list[dict[str, Any]]) -> dict[str, frozenset[str]]:
    """The labels of every declared series, and of every recorded one: its own and those of the series it is made of."""
    labels = {series: declaration.labels for declaration in declared for series in declaration.series}
    # Rules are in the order in which one builds upon the other.
    for rule in sorted(rules, key=lambda rule: "alert" in rule):
        if "record" in rule:
            inherited = frozenset[str]().union(
                *(labels.get(metric, frozenset()) for metric in metrics_of(rule["expr"]))
            )
            labels[rule["record"]] = labels.get(rule["record"], frozenset()) | inherited | rule.get("labels", {}).keys()
    return labels


def test_every_metric_in_a_dashboard_or_rule_is_declared(
    dashboards: dict[str, dict[str, Any]], rules: list[dict[str, Any]], declared: list[Declaration]
) -> None:
    known = set.union(*(declaration.series for declaration in declared)) | OF_PROMETHEUS
    known |= {rule["record"] for rule in rules if "record" in rule}
    unknown = {where: metrics_of(text) - known for where, text in expressions(dashboards, rules)}
    assert {where: names for where, names in unknown.items() if names} == {}


def test_every_metric_and_label_that_a_program_asks_for_is_declared(
    rules: list[dict[str, Any]], declared: list[Declaration], monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = {name: frozenset[str]() for name in OF_PROMETHEUS} | labels_by_series(declared, rules)
    asked = [*asked_by_the_trainer(monkeypatch), *asked_by_the_loop_demo()]
    assert len(asked) > 10
    for query in asked:
        metrics = metrics_of(query)
        assert metrics, query
        assert metrics <= labels.keys(), query
        allowed = LABELS_OF_PROMETHEUS.union(*(labels[metric] for metric in metrics))
        assert labels_of(query) <= allowed, query


def test_these_files_ask_prometheus_and_no_others() -> None:
    assert files_that_ask() == ASKERS


def test_every_counter_that_the_code_names_is_declared(declared: list[Declaration]) -> None:
    known = {one.name for one in declared} | OF_PROMETHEUS
    named = counters_named()
    assert {file: names - known for file, names in named.items() if names - known} == {}
    assert "scripts/loop_demo/steps.py" in named


def test_every_declared_metric_is_used_or_listed_as_ad_hoc(
    dashboards: dict[str, dict[str, Any]], rules: list[dict[str, Any]], declared: list[Declaration]
) -> None:
    used = set.union(*(metrics_of(text) for _, text in expressions(dashboards, rules)))
    unused = {declaration.name for declaration in declared if not declaration.series & used}
    assert unused == set(AD_HOC)


def test_every_recorded_series_is_used(dashboards: dict[str, dict[str, Any]], rules: list[dict[str, Any]]) -> None:
    used = set.union(*(metrics_of(text) for _, text in expressions(dashboards, rules)))
    assert {rule["record"] for rule in rules if "record" in rule} - used == set()


def test_every_metric_the_docs_name_is_declared(rules: list[dict[str, Any]], declared: list[Declaration]) -> None:
    known = set.union(*(declaration.series | {declaration.name} for declaration in declared))
    known |= OF_PROMETHEUS
    endings = "total|seconds|bytes|ratio|info"
    named = {
        (file.name, name)
        for file in sorted((ROOT / "docs").rglob("*.md"))
        for name in re.findall(rf"`([a-z][a-z_]+_(?:{endings}))(?:\{{[^`]*\}})?`", file.read_text())
    }
    assert named
    assert {(file, name) for file, name in named if name not in known} == set()


def test_every_label_in_a_dashboard_or_rule_is_one_its_metrics_have(
    dashboards: dict[str, dict[str, Any]], rules: list[dict[str, Any]], declared: list[Declaration]
) -> None:
    labels = labels_by_series(declared, rules)
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
