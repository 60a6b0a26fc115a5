"""The table of `make models`: a line for each version, with its aliases, traffic, figures and verdict."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from trainer.commands.job import Job
from trainer.loop.courier_check import Serving
from trainer.loop.live_figures import LiveFigures
from trainer.registry.control import CANARY, PRODUCTION, SHADOW, State, Version
from trainer.registry.tags import QUALITY, REASONS, one_line

HEADINGS = ("version", "alias", "traffic", "answered", "right", "hold-out", "made", "bundle", "gate")


BELOW = {"alias": "bundle", "hold-out": "made"}
"""The second line of a column where the window is narrow."""


WHOLE = 130
"""Columns of a terminal that holds a version in one line, with 25 left for the reasons of the gate."""


def show_versions(job: Job, rows: list[tuple[list[str], bool]], title: str) -> None:
    """A line for each version; in a window that is too narrow for that, two, and the reasons of the gate below."""
    narrow = job.console.is_terminal and job.console.width < WHOLE
    table = Table(box=SIMPLE, pad_edge=False, title=title)
    for place, name in enumerate(HEADINGS):
        if narrow and name in BELOW.values():
            continue
        below = f"\n{BELOW[name]}" if narrow and name in BELOW else ""
        # in a narrow window these two go on in the next line, so that no other column is cut
        whole = name != "gate" and not below
        table.add_column(name + below, justify=_side(place), no_wrap=whole, overflow="fold")
    for texts, serves in rows:
        cells = dict(zip(HEADINGS, texts, strict=True))
        if narrow:
            cells |= {name: f"{cells[name]}\n{cells.pop(below)}".lstrip() for name, below in BELOW.items()}
            cells["gate"] = cells["gate"].partition(":")[0]
        # A tag holds any text, and is not markup.
        table.add_row(*map(escape, cells.values()), style="bold" if serves else None)
    job.console.print(table)
    for texts, _ in rows if narrow else ():
        if ":" in texts[-1]:
            job.say(f"version {texts[0]} {texts[-1]}")


def _side(place: int) -> Literal["left", "right"]:
    return "right" if HEADINGS[place] in {"version", "traffic", "answered", "right"} else "left"


def version_row(
    state: State, version: Version, served: dict[str, LiveFigures] | None, serving: Serving | None
) -> list[str]:
    """The row of a version in the table of `make models`."""
    seen = None if served is None else served.get(version.number, LiveFigures())
    verdict = version.verdict or "–"
    if not version.bundle:
        verdict = "foreign: make adopt"
    if verdict == "failed":
        verdict = f"failed: {one_line(version.tags.get(REASONS, ''))}"
    return [
        version.number,
        ", ".join(alias for alias in sorted(state.aliases) if is_aliased(state, version, alias)),
        _traffic(_in_service(state, serving), version),
        "–" if seen is None else str(seen.predictions),
        "–" if seen is None or seen.accuracy is None else f"{seen.accuracy:.4f}",
        one_line(version.tags.get(QUALITY, "–")),
        datetime.fromtimestamp(version.created, UTC).strftime("%Y-%m-%d %H:%M"),
        version.bundle[:8],
        verdict,
    ]


def _in_service(state: State, serving: Serving | None) -> State:
    """The aliases as they serve, which is not always as they are named: the courier knows."""
    if serving is None or not serving.aliases:
        return state
    return replace(state, aliases={alias: one.serves for alias, one in serving.aliases.items() if one.serves})


def _traffic(state: State, version: Version) -> str:
    if not version.bundle:
        return ""  # whatever its alias says: no courier brings it
    canary = state.aliased(CANARY)
    if is_aliased(state, version, PRODUCTION) and (canary is None or is_aliased(state, version, CANARY)):
        return "100 %"
    share = 0.0 if canary is None else canary.percent
    if share is None:
        return "tag?" if is_aliased(state, version, CANARY) else ""
    if is_aliased(state, version, PRODUCTION):
        return f"{100 - share:g} %"
    if is_aliased(state, version, CANARY):
        return f"{share:g} %"
    return "unheard" if is_aliased(state, version, SHADOW) else ""


def is_aliased(state: State, version: Version, alias: str) -> bool:
    """Whether an alias names the version."""
    return state.aliases.get(alias) == version.number
