"""The gate's verdict on a version, and the aliases that came to it and left it."""

from typing import Any

from markupsafe import Markup

from trainer.card.evidence import Evidence
from trainer.card.markup import section, table, text


def verdict(evidence: Evidence) -> Markup:
    """The section with the gate's verdict: each criterion, what was found, and its limit."""
    found = evidence.verdict
    if found is None:
        return section("Verdict of the gate", text("The run holds no verdict."))
    champion = found.get("champion_version")
    against = f"compared with version {champion}" if champion else "without a champion to compare with"
    summary = f"{found['verdict'].capitalize()}, {against}."
    rows = [(one["name"], one["on"], one["found"], one["limit"], _mark(one)) for one in found["criteria"]]
    return section(
        "Verdict of the gate",
        text(summary),
        table(("criterion", "on", "found", "must be", ""), rows, words=5),
    )


def _mark(criterion: dict[str, Any]) -> str:
    return "fails" if not criterion["passed"] else "look" if criterion.get("warns") else "holds"


def moves(evidence: Evidence) -> Markup:
    """The section with the moves of aliases to and from the version."""
    number = evidence.version.number
    rows = []
    for one in evidence.moves:
        came = one.get("version") == number
        to = "nowhere" if one.get("version") is None else f"version {one['version']}"
        share = f" at {one['percent']:g} %" if one.get("percent") is not None else ""
        rows.append((str(one["at"]), f"{one['alias']} {'came' if came else 'left for ' + to}{share}", str(one["why"])))
    if not rows:
        return section("Moves", text("No alias has been on it."))
    return section("Moves", table(("UTC", "alias", "why"), rows, words=3))
