"""Rows to ask about, like those of the training: real ones where they lie here, else drawn from the training's bins."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from scripts.traffic.served import Served

Row = dict[str, Any]
Draw = Callable[[], tuple[Row, str | None]]
"""A row, and its true class (or value, as text) where it is known."""

DRIFT = 0.35
"""How far drift moves a number, as a share of the spread of its bins."""


def from_data(served: Served, folder: Path, random: Random) -> Draw | None:
    """Rows of a prepared data set that has the served model's columns and its target, the truth.

    Its other columns, those with a role, are not sent.
    """
    wanted = {*served.names, served.target}
    for file in sorted(folder.glob("*.csv")):
        with file.open(newline="") as lines:
            rows = list(csv.DictReader(lines))
        if rows and wanted <= set(rows[0]):
            known = [
                ({f["name"]: _typed(f, row[f["name"]]) for f in served.features}, row[served.target]) for row in rows
            ]
            return lambda: random.choice(known)
    return None


def from_bins(served: Served, random: Random) -> Draw:
    """Each feature by itself, in the shares of its bins: right in each column, blind to what columns have in common."""

    def draw() -> tuple[Row, None]:
        return {
            feature["name"]: _in_bins(feature, served.bins[feature["name"]], random) for feature in served.features
        }, None

    return draw


def drifted(draw: Draw, served: Served, random: Random) -> Draw:
    """The same rows from a world that moved: numbers rise, every second boolean turns, one category spreads."""

    def drift() -> tuple[Row, str | None]:
        row, truth = draw()
        return {f["name"]: _moved(f, served.bins[f["name"]], row[f["name"]], random) for f in served.features}, truth

    return drift


def _typed(feature: dict[str, Any], text: str) -> Any:
    if text == "":
        return None
    match feature.get("kind", "number"):
        case "number":
            return int(float(text)) if feature["dtype"] == "int64" else float(text)
        case "boolean":
            return text.lower() == "true"
    return text


def _in_bins(feature: dict[str, Any], bins: dict[str, Any], random: Random) -> Any:
    index = random.choices(range(len(bins["share"])), bins["share"])[0]
    label = bins["labels"][index]
    if feature.get("nullable") and index == len(bins["labels"]) - 1:
        return None
    match feature.get("kind", "number"):
        case "boolean":
            return label == "true"
        case "category":
            return label
    ends = [*_ends(feature)[:1], *bins["edges"], *_ends(feature)[1:]]
    low, high = ends[index], max(ends[index], ends[index + 1])
    if "reference" in feature:
        return _moment(feature, random.uniform(low, high))
    if feature["dtype"] == "int64":
        # A bin is open on the left.
        return random.randint(min(int(low) + (index > 0), int(high)), int(high))
    return round(random.uniform(low, high), 3)


def _ends(feature: dict[str, Any]) -> list[float]:
    """The usual range; of a date or time in days from its reference day, as its bins are."""
    ends = (feature["minimum"], feature["maximum"])
    return [_days(feature, end) for end in ends] if "reference" in feature else list(ends)


def _days(feature: dict[str, Any], text: str) -> float:
    read = datetime.fromisoformat(text.upper())
    at = read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    return (at - _start(feature)) / timedelta(days=1)


def _moment(feature: dict[str, Any], days: float) -> str:
    moment = _start(feature) + timedelta(days=days)
    return (moment.date() if feature["kind"] == "date" else moment).isoformat()


def _start(feature: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(feature["reference"]).replace(tzinfo=UTC)


def _moved(feature: dict[str, Any], bins: dict[str, Any], value: Any, random: Random) -> Any:
    if value is None:
        return None
    match feature.get("kind", "number"):
        case "boolean":
            return value if random.random() < 0.5 else not value
        case "category":
            # The first bin of a category is its first one; of a learned one the most frequent level.
            return value if random.random() < 0.5 else bins["labels"][0]
    edges = bins["edges"]
    if "reference" in feature:
        return _moment(feature, _days(feature, value) + DRIFT * (edges[-1] - edges[0]))
    step = DRIFT * (edges[-1] - edges[0] or feature["maximum"] - feature["minimum"])
    moved = min(value + step, feature["maximum"])
    return round(moved) if feature["dtype"] == "int64" else round(moved, 3)
