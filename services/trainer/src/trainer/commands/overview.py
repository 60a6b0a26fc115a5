"""The verbs that only look: versions, their history, how they do in service."""

from rich.box import SIMPLE
from rich.table import Table

from trainer.commands.job import Job, Parser, Verb
from trainer.commands.versions_table import is_aliased, show_versions, version_row
from trainer.errors import ForeignCourierError, ServiceUnreachableError
from trainer.loop import live_figures
from trainer.loop.courier_check import Serving, check_courier
from trainer.loop.live_figures import LiveFigures
from trainer.registry.control import CANARY, PRODUCTION, SHADOW, State
from trainer.registry.tags import one_line

SHOWN = 50


def models(job: Job) -> int:
    """Every version, newest first."""
    state = _state(job)
    served, serving = _served(job)
    if not state.versions:
        job.say(f"no version of {state.model} at {job.settings.mlflow_tracking_uri}; `make train` makes one")
        _note_differences(job, serving)
        return 0
    newest = sorted(state.versions.values(), key=lambda one: int(one.number), reverse=True)
    rows = [(version_row(state, one, served, serving), is_aliased(state, one, PRODUCTION)) for one in newest]
    show_versions(job, rows, f"{state.model} at {job.settings.mlflow_tracking_uri}")
    for alias in (PRODUCTION, CANARY, SHADOW) if serving is None else ():
        named = state.aliased(alias)
        if named is not None and not named.bundle:
            job.say(
                f"note: alias {alias} names version {named.number}, which has no bundle, so it is refused; "
                f"`make adopt MODEL=models:/{state.model}/{named.number}` makes a version that serves"
            )
    _note_differences(job, serving)
    return 0


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


def _days(job: Job) -> list[live_figures.DayFigures]:
    """Raises ForeignCourierError and ServiceUnreachableError."""
    _courier(job)
    return live_figures.days(job.settings.courier_url)


def _served(job: Job) -> tuple[dict[str, LiveFigures] | None, Serving | None]:
    """The answers of each version, and the versions that serve.

    Each is None when the courier does not say it, or is not this platform's: the table is worth showing without it.
    """
    serving = None
    try:
        serving = _courier(job)
        return live_figures.by_version(live_figures.days(job.settings.courier_url)), serving
    except (ServiceUnreachableError, ForeignCourierError) as error:
        job.say(f"without live figures: {error}")
        return None, serving


def _limited(parser: Parser) -> None:
    parser.add_argument("--limit", type=int, default=SHOWN, help=f"how many lines, the newest ({SHOWN})")


VERBS: dict[str, Verb] = {
    "models": Verb(models, "every version: aliases, traffic, quality, verdict"),
    "history": Verb(history, "every move of an alias, and why", _limited),
    "quality": Verb(quality, "how often each version was right, by day, from the feedback", _limited),
}
