"""The limits of a version, in sentences that follow from its bundle and the facts of its training."""

from collections.abc import Iterator
from typing import Any

from trainer.card.evidence import Evidence

FEW = 30
"""Hold-out rows below which a class or segment is hardly measured."""
FAR = 0.05
"""Estimated accuracy that is further from the share of right answers is named, where chance does not explain it."""


def limits_of(evidence: Evidence) -> Iterator[str]:
    """Sentences that say where the answers of the version should not be relied on."""
    manifest, facts = evidence.manifest, evidence.facts
    task = manifest.get("task", "classification")
    yield (
        "It answers for rows like those it was trained on. Values outside the usual ranges of its columns are answered "
        "and are not evidence of anything."
    )
    if facts is not None and facts["split"] != "time":
        yield "Its hold-out is not later than its training rows, so the figures do not show how it ages."
    if task == "classification":
        yield from _classes(evidence)
        if "calibration" in manifest:
            yield "Its estimated accuracy does not see that the same inputs have come to mean something else."
        else:
            yield "It has no calibration, so the platform estimates no accuracy before labels come."
    else:
        yield "It is a regression: the platform estimates no quality before labels come."
    if "conformal" in manifest:
        yield "Coverage holds over all rows together, not for each kind of row, while rows are like the hold-out."
    else:
        yield "It gives no intervals or sets: a request for them is answered 422."
    reasons = manifest.get("reasons", {"method": "none", "why": "the bundle is of an older trainer"})
    if reasons["method"] == "none":
        yield f"It gives no reasons: {reasons.get('why', '')}"
    else:
        yield "Its reasons explain the score and are not causes."
    yield from _segments(evidence)


def _classes(evidence: Evidence) -> Iterator[str]:
    for name, one in evidence.manifest["quality"]["per_class"].items():
        if one["support"] and not one["recall"]:
            yield f"It found none of the {one['support']} hold-out rows of class {name}."
        elif one["support"] < FEW:
            yield f"Class {name} has {one['support']} hold-out rows: how well it is found is hardly known."


def _segments(evidence: Evidence) -> Iterator[str]:
    segments = evidence.facts["holdout"]["segments"] if evidence.facts else []
    for one in segments:
        if one["rows"] < FEW:
            yield f"{one['column']} {one['value_name']} has {one['rows']} hold-out rows: its quality is hardly known."
        elif (estimated := one.get("estimated")) is not None and _misjudged(estimated, one):
            yield (
                f"It is right in {one['value']:.0%} of the {one['rows']} hold-out rows of {one['column']} "
                f"{one['value_name']}, and their estimated accuracy is {estimated:.0%}: only labels tell how it does "
                "there."
            )


def _misjudged(estimated: float, measured: dict[str, Any]) -> bool:
    """Whether chance does not explain how far the estimate is from the share that is right."""
    low, high = measured["interval"]
    return not low <= estimated <= high and abs(estimated - measured["value"]) > FAR
