"""The card's facts about a version's origin: its table, estimator, columns and the distribution of training rows."""

from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from trainer.candidates import spelt
from trainer.card.evidence import Evidence
from trainer.card.markup import Cell, code, pairs, section, table, text
from trainer.card.pictures import bars

SPLITS = {"time": "the newest rows are held out", "group": "whole groups are held out", "row": "rows chosen by hash"}
MOST_COLUMNS = 60
"""Columns whose bins are drawn."""


def trained_on(evidence: Evidence) -> Markup:
    """The section with the table and the parameters that the version was made from."""
    made_from = evidence.manifest["provenance"]
    rows: list[tuple[Cell, Cell]] = [("Bundle", code(evidence.version.bundle))]
    if facts := evidence.facts:
        rows += _table(facts)
    rows += [
        ("Processed data, sha256", code(made_from["data_sha256"])),
        ("Parameters, sha256", code(made_from["params_sha256"])),
        ("Libraries", ", ".join(f"{name} {version}" for name, version in sorted(made_from["libraries"].items()))),
    ]
    for tag, name in (("git_commit", "Commit"), ("adopted", "Adopted from")):
        if tag in evidence.version.tags:
            rows.append((name, evidence.version.tags[tag]))
    missing = text("Its run holds no facts of the training, because it was published before they were kept.")
    return section("Training data", pairs(rows), "" if evidence.facts else missing)


def _table(facts: dict[str, Any]) -> Iterator[tuple[Cell, Cell]]:
    of_table, counts = facts["table"], facts["rows"]
    yield "Table", f"{of_table['name']}, from {of_table['source']}"
    held = counts["holdout"]
    yield "Rows", f"{of_table['rows']:,}: {counts['training']:,} trained on, {held:,} held out"
    yield "Split", SPLITS.get(facts["split"], facts["split"])
    yield (
        "Dates of the rows",
        "the table has no column of time" if not of_table["span"] else " to ".join(of_table["span"]),
    )
    if classes := of_table.get("classes"):
        yield "Rows of each class", ", ".join(f"{name} {rows:,}" for name, rows in classes.items())
    if feedback := of_table.get("feedback"):
        yield "Labelled predictions among them", f"{feedback:,}"
    for key, name in (("missing", "Missing values"), ("left_out", "Left out"), ("outside", "Outside the usual range")):
        if found := {what: count for what, count in of_table.get(key, {}).items() if count}:
            yield name, ", ".join(f"{what}: {count:,}" for what, count in found.items())


def estimator(evidence: Evidence) -> Markup:
    """The section with the estimator, its settings and its threshold."""
    manifest, facts = evidence.manifest, evidence.facts
    words, name = manifest.get("words", ""), manifest["estimator"]
    rows: list[tuple[Cell, Cell]] = [("Estimator", words if name in words else f"{words} ({name})".strip())]
    if chosen := manifest.get("threshold"):
        threshold = (
            f"{chosen['class']} is answered from a probability of {chosen['at']:.4g}, chosen for {chosen['scoring']}"
        )
        rows.append(("Threshold", threshold))
    reasons = manifest.get("reasons", {"method": "none"})
    how = f"exact contributions, {reasons['method']}" if reasons["method"] != "none" else "none"
    rows.append(("Reasons", how))
    if facts is None:
        return section("Model", pairs(rows))
    candidates = [
        (
            f"{one['name']}{' (chosen)' if one['winner'] else ''}",
            one["words"],
            spelt(one["chosen"]) or "–",
            "–" if one["score"] is None else f"{one['score']:.4f}",
            "–" if one.get("p99_ms") is None else f"{one['p99_ms']:.2g} ms",
            "–" if one.get("seconds") is None else f"{one['seconds']:.2g} s",
            "–" if one.get("size") is None else f"{one['size'] / 1000:,.0f} kB",
        )
        for one in sorted(facts["candidates"], key=lambda one: (not one["winner"], one["name"]))
    ]
    if facts["guess"] is not None:
        words = "the shares of the classes, or the mean"
        candidates.append(("a guess", words, "–", f"{facts['guess']:.4f}", "–", "–", "–"))
    scoring = str(facts["scoring"]).replace("_", " ")
    head = ("candidate", "estimator", "settings", scoring, "p99 of one row", "time to fit", "size")
    left_out = pairs(facts["left_out"].items()) if facts["left_out"] else ""
    return section(
        "Model", pairs(rows), text("Candidates in cross-validation:"), table(head, candidates, words=3), left_out
    )


def columns(evidence: Evidence) -> Markup:
    """The section with the columns that a request must have."""
    rows = [(one["name"], _kind(one), one["description"] or "–") for one in evidence.manifest["features"]]
    return section("Columns it asks for", table(("column", "values", "description"), rows, words=3))


def _kind(column: dict[str, Any]) -> str:
    kind, gaps = column.get("kind", "number"), ", or missing" if column.get("nullable") else ""
    if kind == "number":
        unit = f" {column['unit']}" if column["unit"] else ""
        return f"number, usually {column['minimum']:g} to {column['maximum']:g}{unit}{gaps}"
    if kind == "category":
        known = column.get("categories") or []
        levels = f"one of {len(known)} categories" if known else "text, with levels learned in training"
        return f"{levels}{'; others are answered too' if column['unknown'] == 'other' else ''}{gaps}"
    if kind == "boolean":
        return f"true or false{gaps}"
    return f"{kind}, usually {column['minimum'][:10]} to {column['maximum'][:10]}{gaps}"


def drift_reference(evidence: Evidence) -> Markup:
    """The section with the distribution of each column in the training rows."""
    features: dict[str, Any] = evidence.reference.get("features") or {}
    if not features:
        return section("Drift reference", text("The bundle has no bins of training rows, so no drift is measured."))
    shown = list(features.items())[:MOST_COLUMNS]
    pictures = Markup("").join(
        Markup("<div><h3>{}</h3>{}</div>").format(name, bars(one["labels"], one["share"])) for name, one in shown
    )
    rest = len(features) - len(shown)
    rows = evidence.reference.get("rows")
    intro = (
        f"Drift is measured against these shares of {rows:,} training rows."
        if rows
        else "Drift is measured against these shares. The bundle is older than the number of its training rows."
    )
    more = f" {rest} more columns are in the bundle's reference.json." if rest else ""
    return section("Drift reference", text(intro + more), Markup('<div class="grid">{}</div>').format(pictures))
