"""What an update would remove blocks, unless somebody answers for it, and nobody answers for ever."""

import datetime
from pathlib import Path
from typing import Any

import pytest

from scripts.images.errors import ImagesError
from scripts.images.scan import ALLOWED, Allowance, Finding, fixable, is_allowed, read_allowances

TODAY = datetime.date(2026, 11, 23)
FINDING = Finding("CVE-2026-1", "libssl", "High", "1.0", "1.1")


def match(severity: str = "High", state: str = "fixed", name: str = "libssl", **more: Any) -> dict[str, Any]:
    """One match as grype reports it, with the fields this reads and one it does not."""
    fix = {"state": state, "versions": ["1.1"] if state == "fixed" else []}
    return {
        "vulnerability": {"id": "CVE-2026-1", "severity": severity, "fix": fix, "cvss": []},
        "artifact": {"name": name, "version": "1.0", **more},
    }


def test_only_high_and_critical_with_a_fix_are_found() -> None:
    report = {
        "matches": [
            match(),
            match("Critical", name="zlib"),
            match("Medium"),
            match(state="not-fixed"),
            match(state="wont-fix"),
            match(),
        ]
    }
    assert [(one.package, one.severity) for one in fixable(report)] == [("libssl", "High"), ("zlib", "Critical")]


def test_an_image_without_findings_has_none() -> None:
    assert fixable({"matches": []}) == []


@pytest.mark.parametrize(
    ("finding", "package", "days", "allowed"),
    [
        ("CVE-2026-1", "libssl", 0, True),
        ("CVE-2026-1", "libssl", -1, False),
        ("CVE-2026-1", "zlib", 30, False),
        ("CVE-2026-2", "libssl", 30, False),
    ],
)
def test_an_allowance_is_for_one_finding_in_one_package_until_its_day(
    finding: str, package: str, days: int, allowed: bool
) -> None:
    allowance = Allowance(finding, package, "a reason", TODAY + datetime.timedelta(days))
    assert is_allowed(FINDING, [allowance], TODAY) is allowed


ENTRY = '[[allow]]\nid = "CVE-2026-1"\npackage = "libssl"\nreason = "unreachable"\nexpires = 2026-12-01\n'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("expires = 2026-12-01\n", "", "needs exactly"),
        ('reason = "unreachable"', 'reason = " "', "needs exactly"),
        ('id = "CVE', 'extra = 1\nid = "CVE', "needs exactly"),
        ("2026-12-01", "2027-12-01", "more than 90 days"),
        ("2026-12-01", '"2026-12-01"', "give a date"),
        ("2026-12-01", "2026-12-01T10:00:00", "give a date"),
    ],
)
def test_an_entry_nobody_could_hold_to_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "allowed.toml"
    path.write_text(ENTRY.replace(old, new), encoding="utf-8")
    with pytest.raises(ImagesError, match=message):
        read_allowances(path, TODAY)


def test_a_whole_entry_is_read(tmp_path: Path) -> None:
    path = tmp_path / "allowed.toml"
    path.write_text(ENTRY, encoding="utf-8")
    assert read_allowances(path, TODAY) == [
        Allowance("CVE-2026-1", "libssl", "unreachable", datetime.date(2026, 12, 1))
    ]


def test_no_entry_of_the_real_list_has_expired() -> None:
    today = datetime.datetime.now(datetime.UTC).date()
    assert [one.id for one in read_allowances(ALLOWED, today) if one.expires < today] == []
