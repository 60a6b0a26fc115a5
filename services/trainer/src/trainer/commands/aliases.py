"""The verbs that only move aliases and tags in the registry; what serves follows within two polls of the courier."""

import math
from argparse import ArgumentTypeError
from collections.abc import Callable

from trainer.commands.job import Job, Parser, Verb
from trainer.errors import MoveRefusedError
from trainer.registry import moves
from trainer.registry.control import CANARY, SHADOW, State
from trainer.registry.moves import Move
from trainer.registry.tags import REASONS, one_line

Plan = Callable[[State], list[Move]]


def promote(job: Job) -> int:
    """Move `production` to a version, or to the canary."""
    number: str | None = job.options.version
    return _move(job, lambda state: moves.promote(state, number or _alias(state, CANARY), _why(job, "promote")))


def canary(job: Job) -> int:
    """Give a version a share of the traffic; 0 percent takes the canary away."""
    number, percent = job.options.version, job.options.percent

    def plan(state: State) -> list[Move]:
        if percent == 0:
            return moves.take_away(state, CANARY, _why(job, "canary"))
        return moves.canary(state, number or _alias(state, CANARY), percent, _why(job, "canary"))

    return _move(job, plan)


def shadow(job: Job) -> int:
    """Let a version answer beside production without being heard; `none` takes the shadow away."""
    number = job.options.version

    def plan(state: State) -> list[Move]:
        if number == "none":
            return moves.take_away(state, SHADOW, _why(job, "shadow"))
        return moves.shadow(state, number, _why(job, "shadow"))

    return _move(job, plan)


def rollback(job: Job) -> int:
    """Move `production` back to the version before."""
    return _move(job, lambda state: moves.rollback(state, _why(job, "rollback")))


def _move(job: Job, plan: Plan) -> int:
    from trainer.registry.versions import MlflowVersions

    model = job.contract.registered_model
    plane = MlflowVersions(job.settings)
    state = plane.state(model)
    planned = plan(state)
    job.say(f"registry {job.settings.mlflow_tracking_uri}, model {model}")
    for move in planned:
        job.say(f"  {'would move ' if job.options.dry_run else ''}{move}")
        _warn(job, state, move)
    if not planned:
        job.say("  it is so already; nothing to do")
    elif job.options.dry_run:
        job.say("nothing was moved: this was a dry run")
    else:
        moves.carry_out(plane, model, planned)
        job.say("moved; every api follows within two polls of its courier")
    return 0


def _warn(job: Job, state: State, move: Move) -> None:
    if move.version is not None and (target := state.version(move.version)).verdict == "failed":
        job.say(
            f"  note: the gate refused version {move.version}: {one_line(target.tags.get(REASONS, 'no reason kept'))}"
        )


def _alias(state: State, alias: str) -> str:
    found = state.aliases.get(alias)
    if found is None:
        raise MoveRefusedError(f"no version of {state.model} is {alias}, so name a version: VERSION=4")
    return found


def _why(job: Job, verb: str) -> str:
    return f"{verb}: {job.options.why}" if job.options.why else verb


def dry_run(parser: Parser) -> None:
    """The option of the verbs that move an alias."""
    parser.add_argument("--dry-run", action="store_true", help="say what would move, and move nothing")


def _options(parser: Parser) -> None:
    dry_run(parser)
    parser.add_argument("--why", default="", help="a few words for the history")


def _number(text: str) -> str:
    if not text.isascii() or not text.isdigit():
        raise ArgumentTypeError(f"a version is a whole number, not {text!r}")
    return str(int(text))


def _number_or_none(text: str) -> str:
    return text if text == "none" else _number(text)


def _percent(text: str) -> float:
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        value = math.nan
    if not 0 <= value <= 100:
        raise ArgumentTypeError(f"a percentage is a number from 0 to 100, not {text!r}")
    return value


def _promote_options(parser: Parser) -> None:
    parser.add_argument("--version", type=_number, help="which version (default: the canary)")
    _options(parser)


def _canary_options(parser: Parser) -> None:
    parser.add_argument("--version", type=_number, help="which version (default: the canary there is)")
    parser.add_argument("--percent", type=_percent, default=10.0, help="of the traffic; 0 takes the canary away (10)")
    _options(parser)


def _shadow_options(parser: Parser) -> None:
    parser.add_argument("--version", type=_number_or_none, required=True, help="which version; none takes it away")
    _options(parser)


VERBS: dict[str, Verb] = {
    "promote": Verb(promote, "production to a version; without --version to the canary", _promote_options),
    "canary": Verb(canary, "a share of the traffic to a version", _canary_options),
    "shadow": Verb(shadow, "a version answers beside production, unheard", _shadow_options),
    "rollback": Verb(rollback, "production to the version that served before; again: one further back", _options),
}
