"""Prometheus accepts its files, and every alert is tested for firing, for silence and for missing data."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from api.telemetry.metrics import Metrics
from tests.monitoring.conftest import MONITORING, Tool

TESTS = sorted((MONITORING / "prometheus/tests").glob("*.yml"))


def test_promtool_accepts_the_configuration_and_the_rules(promtool: Tool) -> None:
    checked = promtool("check", "config", "--lint=all", "--lint-fatal", "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


# Days of samples: a minute of work, and more on a busy machine.
@pytest.mark.timeout(900)
def test_every_rule_does_what_its_tests_say(promtool: Tool) -> None:
    run = promtool("test", "rules", *(f"tests/{file.name}" for file in TESTS))
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_alert_is_tested_for_firing_and_for_silence(rules: list[dict[str, Any]]) -> None:
    expected: dict[str, set[bool]] = defaultdict(set)
    for file in TESTS:
        for case in yaml.safe_load(file.read_text())["tests"]:
            for check in case.get("alert_rule_test", []):
                expected[check["alertname"]].add(bool(check["exp_alerts"]))
    # The one that always fires has no silence.
    assert expected.pop("Watchdog") == {True}
    assert dict(expected) == {
        rule["alert"]: {True, False} for rule in rules if rule.get("alert", "Watchdog") != "Watchdog"
    }


def test_every_alert_is_tested_with_its_data_gone(rules: list[dict[str, Any]]) -> None:
    gone = {
        check["alertname"]
        for file in TESTS
        for case in yaml.safe_load(file.read_text())["tests"]
        if not case["input_series"] or any("stale" in series["values"] for series in case["input_series"])
        for check in case.get("alert_rule_test", [])
    }
    assert {rule["alert"] for rule in rules if "alert" in rule} - gone == set()


def test_every_alert_says_what_happened_and_how_bad_it_is(rules: list[dict[str, Any]]) -> None:
    for rule in rules:
        if "alert" in rule:
            assert rule["labels"]["severity"] in (("none",) if rule["alert"] == "Watchdog" else ("page", "ticket"))
            assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
            assert rule["annotations"]["runbook_url"] == f"{{{{ $externalLabels.runbook }}}}#{rule['alert'].lower()}"
            assert "for" in rule, f"{rule['alert']} would fire on a single sample"


def test_every_target_is_a_service_that_prometheus_can_reach(compose: dict[str, Any]) -> None:
    config = yaml.safe_load((MONITORING / "prometheus/prometheus.yml").read_text())
    services = compose["services"]
    for job in config["scrape_configs"]:
        for target in (target for group in job.get("static_configs", []) for target in group["targets"]):
            host = target.split(":")[0].replace("localhost", "prometheus")
            assert set(services[host]["networks"]) & set(services["prometheus"]["networks"])
    assert {job["job_name"] for job in config["scrape_configs"]} == {
        "api",
        "courier",
        "edge",
        "retrainer",
        "models",
        "prometheus",
        "alertmanager",
    }


def test_the_files_compose_mounts_exist(compose: dict[str, Any]) -> None:
    mounts = [volume for service in compose["services"].values() for volume in service.get("volumes", [])]
    sources = [Path(mount.split(":")[0]) for mount in mounts if mount.startswith("./")]
    assert sources
    assert [str(source) for source in sources if not (MONITORING.parent / source).exists()] == []


def test_the_promised_latency_is_a_bucket_that_is_counted(rules: list[dict[str, Any]]) -> None:
    bounds = {bound for rule in rules for bound in re.findall(r'le="([^"]+)"', rule["expr"])}
    registry = CollectorRegistry()
    Metrics(registry).answers.predict_latency.labels("1", "production")
    counted = {
        sample.labels["le"]
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "predict_latency_seconds_bucket"
    }
    assert bounds
    assert bounds <= counted
