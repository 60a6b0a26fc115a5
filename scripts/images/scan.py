"""Known vulnerabilities of the images: one that an update would remove blocks, unless someone answers for it."""

import datetime
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from scripts.images.catalogue import Image, architecture
from scripts.images.errors import FindingsError, ImagesError
from scripts.images.programs import parsed

ALLOWED = Path(__file__).with_name("allowed.toml")
BLOCKING = ("High", "Critical")
LONGEST = datetime.timedelta(days=90)


@dataclass(frozen=True)
class Allowance:
    """One entry of allowed.toml: until `expires`, `id` in `package` does not block."""

    id: str
    package: str
    reason: str
    expires: datetime.date


@dataclass(frozen=True, order=True)
class Finding:
    """A vulnerability in an image that a newer version of the package no longer has."""

    id: str
    package: str
    severity: str
    installed: str
    fixed_in: str

    def __str__(self) -> str:
        return f"{self.severity} {self.id}: {self.package} {self.installed}, fixed in {self.fixed_in}"


def scan(images: list[Image], console: Console, today: datetime.date) -> None:
    """Ask grype about each image. Raises FindingsError when something blocks, ImagesError for a bad allow-list."""
    allowances = read_allowances(ALLOWED, today)
    grype = os.environ.get("GRYPE") or "grype"  # a workflow's download is not on the path
    blocked: list[str] = []
    for image in images:
        name = image.of(architecture(image.name))
        findings = fixable(parsed(grype, "--quiet", "--output=json", f"docker:{name}"))
        blocking = [one for one in findings if not is_allowed(one, allowances, today)]
        console.print(f"{image.service}: {len(findings)} fixable high or critical, {len(blocking)} of them not allowed")
        blocked += [f"{image.service}: {one}" for one in blocking]
    if blocked:
        raise FindingsError(
            "\n".join([*blocked, f"update the package, or answer for it in {ALLOWED.name} with a date"])
        )


def fixable(report: dict[str, Any]) -> list[Finding]:
    """The findings of a report of grype that block, each once: high or critical, and a version without it exists."""
    found = {
        Finding(
            one["vulnerability"]["id"],
            one["artifact"]["name"],
            one["vulnerability"]["severity"],
            one["artifact"]["version"],
            ", ".join(one["vulnerability"]["fix"]["versions"]),
        )
        for one in report["matches"]
        if one["vulnerability"]["severity"] in BLOCKING and one["vulnerability"]["fix"]["state"] == "fixed"
    }
    return sorted(found)


def is_allowed(finding: Finding, allowances: list[Allowance], today: datetime.date) -> bool:
    return any((one.id, one.package) == (finding.id, finding.package) and today <= one.expires for one in allowances)


def read_allowances(path: Path, today: datetime.date) -> list[Allowance]:
    """The allow-list. Raises ImagesError for an entry that is incomplete, or reaches further than 90 days."""
    with path.open("rb") as file:
        entries = tomllib.load(file).get("allow", [])
    return [_allowance(path, entry, today) for entry in entries]


def _allowance(path: Path, entry: dict[str, Any], today: datetime.date) -> Allowance:
    if sorted(entry) != ["expires", "id", "package", "reason"] or not str(entry["reason"]).strip():
        raise ImagesError(f"{path.name}: {entry} needs exactly id, package, a reason and expires")
    # TOML's date with a time is a date to Python as well, and can't be compared with one.
    if type(entry["expires"]) is not datetime.date:
        raise ImagesError(f"{path.name}: {entry['id']} expires {entry['expires']!r}; give a date such as 2026-12-31")
    if entry["expires"] > today + LONGEST:
        raise ImagesError(
            f"{path.name}: {entry['id']} is allowed for more than {LONGEST.days} days: {entry['expires']}"
        )
    return Allowance(**entry)
