"""The card's figures of quality: on the whole, by class and by segment with intervals, calibration and coverage."""

from collections.abc import Iterator, Sequence
from typing import Any

from markupsafe import Markup

from trainer.card.evidence import Evidence
from trainer.card.markup import pairs, section, table, text
from trainer.card.pictures import intervals, reliability

NAMES = {
    "accuracy": "Accuracy",
    "precision_macro": "Precision, mean of the classes",
    "recall_macro": "Recall, mean of the classes",
    "f1_macro": "F1, mean of the classes",
    "log_loss": "Log-loss, nats",
    "roc_auc": "ROC-AUC",
    "rmse": "Root mean squared error",
    "mae": "Mean absolute error",
    "r2": "R²",
}


def quality_sections(evidence: Evidence) -> Iterator[Markup]:
    """The sections with the quality on the hold-out rows: as a whole, by class, by segment, by probability."""
    manifest = evidence.manifest
    held = evidence.facts["holdout"] if evidence.facts else {}
    yield _overall(manifest["quality"], held)
    if "per_class" in manifest["quality"]:
        yield _by_class(manifest["quality"]["per_class"], held.get("classes"))
    yield _by_segment(manifest.get("segments", []), held.get("segments", []))
    if manifest.get("task", "classification") == "classification":
        yield _calibration(manifest.get("calibration"), held)
    yield _coverage(manifest.get("conformal"))


def _overall(quality: dict[str, Any], held: dict[str, Any]) -> Markup:
    rows = [(NAMES.get(name, name), f"{value:.4g}") for name, value in quality.items() if name != "per_class"]
    found = held.get("accuracy") or held.get("mean_absolute_error")
    of = "accuracy" if "accuracy" in held else "mean absolute error"
    words = "The figures of the hold-out, rows that no candidate was trained on."
    if found:
        words += f" The {of} of {found['rows']:,} rows is {_with_interval(found)}."
    return section("Quality", text(words), table(("", ""), rows))


def _by_class(figures: dict[str, Any], counted: list[dict[str, Any]] | None) -> Markup:
    if counted is None:
        rows = [
            (name, f"{one['support']:,}", f"{one['recall']:.3f}", f"{one['precision']:.3f}")
            for name, one in figures.items()
        ]
        return section("Quality by class", table(("class", "rows", "recall", "precision"), rows))
    rows = [
        (one["name"], f"{one['recall']['rows']:,}", _with_interval(one["recall"]), _with_interval(one["precision"]))
        for one in counted
    ]
    drawn = [
        (one["name"], one["recall"]["value"], one["recall"]["interval"]) for one in counted if one["recall"]["rows"]
    ]
    words = (
        "Recall: of the rows with this class, the share that is found. Precision: of the rows answered with it, the "
        "share that has it. With 95 % intervals (Wilson)."
    )
    return section(
        "Quality by class",
        text(words),
        table(("class", "rows", "recall", "precision"), rows),
        text("Recall of each class:"),
        intervals(drawn, 0.0, 1.0),
    )


def _by_segment(columns: Sequence[str], counted: Sequence[dict[str, Any]]) -> Markup:
    title = "Quality by segment"
    if not columns:
        return section(
            title, text("No column of the contract is marked as a segment (segment: true), so no segment was measured.")
        )
    if not counted:
        return section(title, text(f"The run holds no figures of the segments of {', '.join(columns)}."))
    of = "accuracy" if "right" in counted[0] else "mean absolute error"
    rows = [(one["column"], str(one["value_name"]), f"{one['rows']:,}", _with_interval(one)) for one in counted]
    drawn = [
        (f"{one['column']}: {one['value_name']}", one["value"], one["interval"]) for one in counted if one["interval"]
    ]
    high = 1.0 if of == "accuracy" else max((one[2][1] for one in drawn), default=1.0)
    return section(
        title,
        text(f"The {of} of the hold-out's rows with each value, with 95 % intervals."),
        table(("column", "value", "rows", of), rows, words=2),
        intervals(drawn, 0.0, high),
    )


def _calibration(learned: dict[str, Any] | None, held: dict[str, Any]) -> Markup:
    parts = []
    if learned:
        words = (
            f"The line is learned from {learned['rows']:,} predictions out of fold: how often an answer of this "
            "confidence is right. Estimated accuracy uses it."
        )
        parts.append(text(words))
    else:
        parts.append(text("No calibration was learned (fewer than 50 cross-validated rows, or an adopted model)."))
    if "curve" in held:
        error = held["calibration_error"]
        parts.append(text(f"The points are the hold-out, with 95 % intervals; expected calibration error {error:.3f}."))
    if learned or "curve" in held:
        parts.append(reliability(held.get("curve", []), learned))
    return section("Calibration", *parts)


def _coverage(section_of: dict[str, Any] | None) -> Markup:
    if section_of is None:
        words = "It has no intervals or sets: the hold-out has too few rows for the coverage that was asked for."
        return section("Coverage of sets and intervals", text(words))
    rows = [
        ("Promised share that holds the truth", f"{section_of['coverage']:.0%}"),
        ("Rows that the numbers are from", f"{section_of['rows']:,}"),
        ("Numbers of their own by", {"all": "nothing, all rows share one"}.get(section_of["by"], section_of["by"])),
    ]
    if "half_width" in section_of:
        widths = ", ".join(f"{width:.4g}" for width in section_of["half_width"])
        rows.append(("Half the width of an interval", widths))
    return section("Coverage of sets and intervals", pairs(rows))


def _with_interval(one: dict[str, Any]) -> str:
    if one["value"] is None:
        return "–"
    ends = one["interval"]
    return f"{one['value']:.4g}" + ("" if ends is None else f" ({ends[0]:.3g} to {ends[1]:.3g})")
