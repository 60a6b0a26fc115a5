"""The receiver of each alert, as amtool reads the file, and that the file's comments show a way that works."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.monitoring.conftest import MONITORING, Tool

FILE = MONITORING / "alertmanager/alertmanager.yml"
CONFIG: dict[str, Any] = yaml.safe_load(FILE.read_text())


def test_amtool_accepts_the_configuration(amtool: Tool) -> None:
    checked = amtool("check-config", "alertmanager.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ({"alertname": "Watchdog", "severity": "none"}, "kept"),
        ({"alertname": "NoModel", "severity": "page", "job": "api"}, "page"),
        ({"alertname": "StoreDown", "severity": "ticket", "job": "courier"}, "ticket"),
        ({"alertname": "FeatureDrift", "severity": "ticket", "action": "retrain"}, "retrainer,ticket"),
        ({"alertname": "LiveAccuracyDropped", "severity": "ticket", "action": "retrain"}, "retrainer,ticket"),
        ({"alertname": "FeatureDrift", "severity": "ticket", "action": "retrain", "model": "bikes"}, "ticket"),
        ({"alertname": "FromSomebodyElse"}, "kept"),
    ],
)
def test_an_alert_goes_where_it_should(labels: dict[str, str], receivers: str, amtool: Tool) -> None:
    asked = [f"{name}={value}" for name, value in labels.items()]
    routed = amtool("config", "routes", "test", "--config.file=alertmanager.yml", *asked)
    assert routed.stdout.strip() == receivers, routed.stderr


def test_every_severity_and_action_of_the_rules_has_a_route(rules: list[dict[str, Any]], amtool: Tool) -> None:
    for labels in {tuple(sorted(rule["labels"].items())) for rule in rules if "alert" in rule}:
        # Prometheus drops the label runbook before it sends an alert
        asked = [f"{name}={value}" for name, value in labels if name != "runbook"]
        routed = amtool("config", "routes", "test", "--config.file=alertmanager.yml", "alertname=X", *asked)
        receivers = routed.stdout.strip().split(",")
        assert ("retrainer" in receivers) == (("action", "retrain") in labels)
        severity = dict(labels)["severity"]
        assert ("kept" if severity == "none" else severity) in receivers


def test_every_alert_reaches_the_courier_and_retraining_is_somebody_elses() -> None:
    urls = {receiver["name"]: [hook["url"] for hook in receiver["webhook_configs"]] for receiver in CONFIG["receivers"]}
    assert urls.pop("retrainer") == ["http://retrainer:9103/alerts"]
    assert set(map(tuple, urls.values())) == {("http://courier:9102/alerts",)}
    retrain = next(route for route in CONFIG["route"]["routes"] if route["receiver"] == "retrainer")
    assert retrain["continue"] is True


def test_inhibition_names_alerts_that_exist(rules: list[dict[str, Any]]) -> None:
    known = {rule["alert"] for rule in rules if "alert" in rule}
    matchers = [
        matcher
        for rule in CONFIG["inhibit_rules"]
        for matcher in rule["source_matchers"] + rule["target_matchers"]
        if matcher.startswith("alertname")
    ]
    patterns = [matcher.split("=", 1)[1].lstrip("~ ").strip(' "') for matcher in matchers]
    assert patterns
    assert [pattern for pattern in patterns if not any(re.fullmatch(pattern, name) for name in known)] == []


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The folder of Alertmanager's files, readable for the user of a container."""
    copied = Path(shutil.copytree(FILE.parent, tmp_path / "alertmanager"))
    copied.chmod(0o755)
    return copied


def test_what_stands_in_the_comments_is_a_configuration_too(amtool: Tool, copy: Path) -> None:
    text = FILE.read_text().replace("#: ", "")
    (copy / "alertmanager.yml").write_text(text)
    checked = amtool("check-config", "alertmanager.yml", folder=copy)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    receivers = {receiver["name"]: receiver for receiver in yaml.safe_load(text)["receivers"]}
    page = receivers["page"]
    secrets = [page["slack_configs"][0]["api_url_file"], page["email_configs"][0]["auth_password_file"]]
    assert all(secret.startswith("/etc/alertmanager/secrets/") for secret in secrets)
    assert receivers["ticket"]["slack_configs"]


def test_no_secret_is_in_the_file_or_in_the_repository() -> None:
    assert not re.search(r"hooks\.slack\.com|password: |api_url: ", FILE.read_text())
    ignored = (MONITORING.parent / ".gitignore").read_text().splitlines()
    assert "/monitoring/alertmanager/secrets/" in ignored


def test_the_message_says_what_how_bad_and_where_to_read_on(amtool: Tool, copy: Path) -> None:
    alert = {
        "labels": {"alertname": "NoModel"},
        "annotations": {
            "summary": "No <model>",
            "description": "Nothing has the alias.",
            "runbook_url": "https://docs.test/#nomodel",
        },
        "status": "firing",
    }
    data = {
        "status": "firing",
        "groupLabels": {"alertname": "NoModel"},
        "commonLabels": {"severity": "page"},
        "alerts": [alert],
    }
    (copy / "data.json").write_text(json.dumps(data))
    rendered = amtool(
        "template", "render", "--template.glob=templates/*.tmpl", "--template.data=data.json",
        '--template.text={{ template "mlops.title" . }}|{{ template "mlops.text" . }}', folder=copy,
    )  # fmt: skip
    title, _, text = rendered.stdout.partition("|")
    assert title == "[FIRING 1] NoModel (page)", rendered.stderr
    assert text.split("\n")[:3] == ["No <model>", "Nothing has the alias.", "https://docs.test/#nomodel"]
