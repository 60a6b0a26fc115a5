"""docs/runbook.md and the alerts say the same."""

import re
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n)+)", (DOCS / "runbook.md").read_text(), re.MULTILINE))


def test_there_is_a_heading_for_every_alert_and_for_nothing_else(rules: list[dict[str, Any]]) -> None:
    assert set(SECTIONS) == {rule["alert"] for rule in rules if "alert" in rule}


@pytest.mark.parametrize("alert", SECTIONS)
def test_a_section_says_what_it_means_where_to_look_and_what_helps(alert: str, rules: list[dict[str, Any]]) -> None:
    text = SECTIONS[alert]
    severity = next(rule["labels"]["severity"] for rule in rules if rule.get("alert") == alert)
    assert text.startswith({"page": "**Page.**", "ticket": "**Ticket", "none": "**Always firing**"}[severity])
    assert "**First look" in text
    assert "fix.**" in text.lower()


def test_every_link_within_the_runbook_leads_to_a_heading() -> None:
    anchors = {heading.lower() for heading in SECTIONS}
    linked = {anchor for text in SECTIONS.values() for anchor in re.findall(r"\]\(#([^)]+)\)", text)}
    assert linked - anchors == set()


def test_every_verb_it_tells_to_use_exists() -> None:
    verbs = set(re.findall(r"^([a-z-]+):.*## ", (DOCS.parent / "Makefile").read_text(), re.MULTILINE))
    message = set(re.findall(r"`make ([a-z-]+)", "".join(SECTIONS.values())))
    assert message
    assert message - verbs == set()


def test_every_panel_it_tells_to_look_at_exists(dashboards: dict[str, dict[str, Any]]) -> None:
    titles = {panel["title"] for board in dashboards.values() for panel in board["panels"]}
    message = {
        " ".join(name.split()) for text in SECTIONS.values() for name in re.findall(r"\*([A-Z][^*]+)\*(?!\*)", text)
    }
    assert {name for name in message if not name.endswith(".")} - titles == set()


def test_every_retraining_alert_says_so(rules: list[dict[str, Any]]) -> None:
    answered = {rule["alert"] for rule in rules if rule.get("labels", {}).get("action") == "retrain"}
    assert answered == {
        name for name, text in SECTIONS.items() if text.startswith("**Ticket**, and a reason to retrain")
    }
