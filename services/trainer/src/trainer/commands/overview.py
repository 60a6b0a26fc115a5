"""The verbs that only look: versions, their history, how they do in service."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from trainer.commands.job import Job, Parser, Verb
from trainer.errors import ForeignCourierError, ServiceUnreachableError
from trainer.loop import live
from trainer.loop.companion import Serving, check_courier
from trainer.loop.live import Live
from trainer.registry.control import CANARY, PRODUCTION, SHADOW, State, Version
from trainer.registry.tags import QUALITY, REASONS, one_line

SHOWN = 50
HEADINGS = ("version", "alias", "traffic", "answered", "right", "hold-out", "made", "bundle", "gate")
BELOW = {"alias": "bundle", "hold-out": "made"}
"""The second line of a column where the window is narrow."""
WHOLE = 130
"""Columns of a terminal that holds a version in one line, with 25 left for the reasons of the gate."""


def models(job: Job) -> int:
    """Every version, newest first."""
    state = _state(job)
    served, serving = _served(job)
    if not state.versions:
        job.say(f"no version of {state.model} at {job.settings.mlflow_tracking_uri}; `make train` makes one")
        _note_differences(job, serving)
        return 0
    newest = sorted(state.versions.values(), key=lambda one: int(one.number), reverse=True)
    rows = [(_row(state, one, served, serving), _is(state, one, PRODUCTION)) for one in newest]
    _show(job, rows, f"{state.model} at {job.settings.mlflow_tracking_uri}")
    for alias in (PRODUCTION, CANARY, SHADOW) if serving is None else ():
        named = state.aliased(alias)
        if named is not None and not named.bundle:
            job.say(
                f"note: alias {alias} names version {named.number}, which has no bundle, so it is refused; "
                f"`make adopt MODEL=models:/{state.model}/{named.number}` makes a version that serves"
            )
    _note_differences(job, serving)
    return 0


def _show(job: Job, rows: list[tuple[list[str], bool]], title: str) -> None:
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


def _note_differences(job: Job, serving: Serving | None) -> None:
    for difference in [] if serving is None else serving.differences():
        # Wrapped, unlike other lines: a reason is long.
        job.console.print(f"note: {one_line(difference)}", markup=False, highlight=False)


def history(job: Job) -> int:
    """Every move of an alias, newest first."""
    from trainer.registry.versions import MlflowVersions

    model = job.contract.registered_model
    noted = MlflowVersions(job.settings).history(model)
    if not noted:
        job.say(f"no alias of {model} was moved yet at {job.settings.mlflow_tracking_uri}")
    for entry in reversed(noted[-job.options.limit :]):
        where = "taken away" if entry["version"] is None else f"version {entry['version']}"
        share = "" if entry.get("percent") is None else f" at {entry['percent']:g} %"
        came = "" if entry["previous"] is None else f", was {entry['previous']}"
        moved = f"{entry['alias']:<10}  {where}{share}{came}  {entry['why']}"
        job.say(one_line(f"{entry['at'][:19].replace('T', ' ')}  {moved}"))
    return 0


def quality(job: Job) -> int:
    """Live accuracy by version and day, from the audit."""
    found = _days(job)
    if not found:
        job.say("nothing was predicted yet")
        return 0
    table = Table(box=SIMPLE, pad_edge=False, title=f"live quality, from {job.settings.courier_url}")
    for name in ("day", "version", "variant"):
        table.add_column(name, no_wrap=True)
    for name in ("answered", "feedback", "right", "accuracy"):
        table.add_column(name, justify="right", no_wrap=True)
    for day in found[: job.options.limit]:
        share = f"{day.correct / day.judged:.4f}" if day.judged else "–"
        table.add_row(day.day, day.version, day.variant, str(day.predictions), str(day.judged), str(day.correct), share)
    job.console.print(table)
    return 0


def _state(job: Job) -> State:
    from trainer.registry.versions import MlflowVersions

    return MlflowVersions(job.settings).state(job.contract.registered_model)


def _courier(job: Job) -> Serving:
    """Raises ForeignCourierError and ServiceUnreachableError."""
    return check_courier(job.settings.courier_url, job.settings.mlflow_tracking_uri, job.contract.registered_model)


def _days(job: Job) -> list[live.Day]:
    """Raises ForeignCourierError and ServiceUnreachableError."""
    _courier(job)
    return live.days(job.settings.courier_url)


def _served(job: Job) -> tuple[dict[str, Live] | None, Serving | None]:
    """The answers of each version, and the versions that serve.

    Each is None when the courier does not say it, or is not this platform's: the table is worth showing without it.
    """
    serving = None
    try:
        serving = _courier(job)
        return live.by_version(live.days(job.settings.courier_url)), serving
    except (ServiceUnreachableError, ForeignCourierError) as error:
        job.say(f"without live figures: {error}")
        return None, serving


def _row(state: State, version: Version, served: dict[str, Live] | None, serving: Serving | None) -> list[str]:
    seen = None if served is None else served.get(version.number, Live())
    verdict = version.verdict or "–"
    if not version.bundle:
        verdict = "foreign: make adopt"
    if verdict == "failed":
        verdict = f"failed: {one_line(version.tags.get(REASONS, ''))}"
    return [
        version.number,
        ", ".join(alias for alias in sorted(state.aliases) if _is(state, version, alias)),
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
    if _is(state, version, PRODUCTION) and (canary is None or _is(state, version, CANARY)):
        return "100 %"
    share = 0.0 if canary is None else canary.percent
    if share is None:
        return "tag?" if _is(state, version, CANARY) else ""
    if _is(state, version, PRODUCTION):
        return f"{100 - share:g} %"
    if _is(state, version, CANARY):
        return f"{share:g} %"
    return "unheard" if _is(state, version, SHADOW) else ""


def _is(state: State, version: Version, alias: str) -> bool:
    return state.aliases.get(alias) == version.number


def _limited(parser: Parser) -> None:
    parser.add_argument("--limit", type=int, default=SHOWN, help=f"how many lines, the newest ({SHOWN})")


VERBS: dict[str, Verb] = {
    "models": Verb(models, "every version: aliases, traffic, quality, verdict"),
    "history": Verb(history, "every move of an alias, and why", _limited),
    "quality": Verb(quality, "how often each version was right, by day, from the feedback", _limited),
}
