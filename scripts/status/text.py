"""The numbers of /status.json as lines for a terminal of 80 columns and 24 rows."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.cells import cell_len, set_cell_size

COLUMNS = 80
INDENT = 9
"""Columns of the name of a part, which stands before its first line."""
MOST_VERSIONS, MOST_FEATURES, MOST_SEGMENTS = 3, 3, 2
MOST_PAST, MOST_TRAININGS, MOST_MOVES = 2, 2, 2


def lines_of(now: Mapping[str, Any]) -> list[str]:
    """At most 23 lines of at most 80 columns: state, next verb, and each part of the page."""
    lines = [now["state"], *_part("next", [now["next"]["verb"], now["next"]["why"]])]
    lines += _part(
        "alerts", (f"{'!' if one['firing'] else ' '} {one['name']}: {one['state']}" for one in now["alerts"])
    )
    lines += _part("versions", map(_version, now["versions"][:MOST_VERSIONS]))
    lines += _part("hour", [_hour(now["hour"])])
    lines += _part("audit", [_audit(now["courier"])])
    lines += _part("drift", map(_feature, now["drift"][:MOST_FEATURES]))
    if now["segments"]:
        lines += _part("segments", map(_segment, now["segments"][:MOST_SEGMENTS]))
    lines += _part("moves", map(_move, (now["courier"] or {}).get("moves", [])[:MOST_MOVES]))
    lines += _part("trained", map(_training, (now["courier"] or {}).get("trainings", [])[:MOST_TRAININGS]))
    lines += _part("past", map(_past, now["past_alerts"][:MOST_PAST]))
    return [_cut(line, COLUMNS) for line in map(_printable, lines)]


def _cut(text: str, columns: int) -> str:
    """`text` in at most `columns` of a terminal, in which a letter of Chinese takes two."""
    return text if cell_len(text) <= columns else f"{set_cell_size(text, columns - 3).rstrip()}..."


def _part(name: str, entries: Iterable[str]) -> list[str]:
    """The lines under a name; `none` where nothing is known."""
    found = list(entries) or ["none"]
    return [f"{name if place == 0 else '':<{INDENT}}{line}" for place, line in enumerate(found)]


def _version(one: Mapping[str, Any]) -> str:
    right = _right(one) if one["accuracy"] else ", no label" + _right(one)
    return f"{one['version']} {one['variant']} {one['traffic']:.0%}, {one['rows']:,} rows{right}"


def _right(one: Mapping[str, Any]) -> str:
    """Live and estimated accuracy, as far as they are known."""
    live, estimate = one["accuracy"], one["estimated_accuracy"]
    judged = f", {live['value']:.1%} of {live['judged']:,} right" if live else ""
    return judged + (f", {estimate:.1%} estimated" if estimate is not None else "")


def _hour(one: Mapping[str, Any]) -> str:
    times = ", ".join(f"{name} {_number(one[f'{name}_ms'])} ms" for name in ("p50", "p99"))
    return f"{one['requests']:,} requests, {one['errors']:,} errors, {one['refused']:,} refused, {times}"


def _audit(one: Mapping[str, Any] | None) -> str:
    if one is None:
        return "the courier has not written its status"
    registry, store = ("answers" if one[name] else "does not answer" for name in ("registry_up", "store_up"))
    return f"{one['pending_records']:,} records wait, store {store}, registry {registry}"


def _feature(one: Mapping[str, Any]) -> str:
    return _named(one["feature"], _index(one, f", limit {one['limit'] or 0:.2f}"), marked=one["drifted"])


def _segment(one: Mapping[str, Any]) -> str:
    name = f"{one['feature']} {one['segment']}"
    return _named(name, _index(one) + _right(one), marked=one["drifted"] or one["below"])


def _index(one: Mapping[str, Any], more: str = "") -> str:
    return "too few rows" if one["psi"] is None else f"PSI {one['psi']:.2f}{more}"


def _named(name: str, figures: str, *, marked: bool) -> str:
    """A long name is cut, and its figures never."""
    mark = "! " if marked else "  "
    return f"{mark}{_cut(_printable(name), COLUMNS - INDENT - len(mark) - len(figures) - 2)}: {figures}"


def _move(one: Mapping[str, Any]) -> str:
    change = f"{one['previous'] or 'none'} to {one['version'] or 'none'}"
    return f"{_minute(one['at'])} {one['variant']}: {change} {one['reason'] or ''}"


def _training(one: Mapping[str, Any]) -> str:
    gate = f"gate {one['verdict'] or 'not asked'}"
    return f"{_minute(one['at'])} version {one['version']}: {one['quality'] or 'quality not known'}, {gate}"


def _past(one: Mapping[str, Any]) -> str:
    end = f"to {_minute(one['ended'])}" if one["ended"] else "and still fires"
    return f"{_minute(one['began'])} {end} {one['name']}"


def _minute(at: str) -> str:
    return at[:16].replace("T", " ")


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.3g}"


def _printable(line: str) -> str:
    # a reason or a name comes from a registry that others write to
    return "".join(one if one.isprintable() else " " for one in line).rstrip()
