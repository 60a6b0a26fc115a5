"""Plans the moves of aliases from the registry's state, and carries them out."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from trainer.errors import MovedMeanwhileError, MoveRefusedError
from trainer.registry.control import (
    CANARY,
    CHALLENGER,
    PRODUCTION,
    SHADOW,
    ControlPlane,
    State,
    Version,
)
from trainer.registry.tags import DECIMALS, PERCENT, had_tag, move_tag, percent_text, read_time

REMEMBERED = 20
"""How many versions back `rollback` can go."""


@dataclass(frozen=True)
class Move:
    """One alias from the version `previous` to `version`; None is nowhere."""

    alias: str
    version: str | None
    previous: str | None
    why: str
    percent: float | None = None
    """The canary's share of the traffic, 0 to 100."""
    before: tuple[str, ...] = ()
    """Production alone: where a roll back from here leads, and from there, and so on."""

    def __str__(self) -> str:
        if self.version is None:
            return f"{self.alias}: taken away from version {self.previous} ({self.why})"
        share = "" if self.percent is None else f" at {self.percent:g} %"
        came = "new" if self.previous is None else f"was version {self.previous}"
        if self.previous == self.version:
            came = "the same version"
        return f"{self.alias}: version {self.version}{share}, {came} ({self.why})"


def promote(state: State, number: str, why: str = "promote") -> list[Move]:
    """Production to that version, which then is canary, shadow or challenger no longer.

    Empty when there is nothing to do. Raises UnknownVersionError, and MoveRefusedError for a version without a bundle.
    """
    target = _complete(state, number)
    current = state.aliases.get(PRODUCTION)
    moves = []
    if current != target.number:
        stack = tuple(one for one in _passed(state) if one != target.number)[:REMEMBERED]
        moves.append(Move(PRODUCTION, target.number, current, why, before=stack))
    return moves + _released(state, target, (CANARY, SHADOW, CHALLENGER), why)


def rollback(state: State, why: str = "rollback") -> list[Move]:
    """Production to the version that served before the one that serves.

    Versions that were rolled back from are forgotten as a way to go, so that doing this again goes back further and
    never forth. Raises NoProductionError, and MoveRefusedError when nothing served before.
    """
    current = state.production
    stack = [number for number in _before(state) if number in state.versions]
    if not stack:
        raise MoveRefusedError(
            f"no version of {state.model} served before version {current.number}; "
            "`make models` lists them, `make promote VERSION=4` chooses one"
        )
    target = _complete(state, stack[0])
    return [Move(PRODUCTION, target.number, current.number, why, before=tuple(stack[1:]))]


def canary(state: State, number: str, percent: float, why: str = "canary") -> list[Move]:
    """Give a version that share of the traffic. Raises UnknownVersionError, NoProductionError and MoveRefusedError."""
    percent = round(percent, DECIMALS)
    if not 0 < percent <= 100:
        raise MoveRefusedError(f"a canary gets more than 0 and at most 100 percent of the traffic, not {percent:g}")
    target = _complete(state, number)
    if state.production.number == target.number:
        raise MoveRefusedError(f"version {number} is production already; it can't be its own canary")
    current = state.aliases.get(CANARY)
    if current == target.number and target.percent == percent:
        return []
    return [
        Move(CANARY, target.number, current, why, percent=percent),
        *_released(state, target, (SHADOW, CHALLENGER), why),
    ]


def shadow(state: State, number: str, why: str = "shadow") -> list[Move]:
    """Let a version answer beside production without a client seeing it. Raises as `canary`."""
    target = _complete(state, number)
    if state.production.number == target.number:
        raise MoveRefusedError(f"version {number} is production already; its shadow would only agree")
    if state.aliases.get(SHADOW) == target.number:
        return []
    return [Move(SHADOW, target.number, state.aliases.get(SHADOW), why), *_released(state, target, (CANARY,), why)]


def challenge(state: State, number: str, why: str) -> list[Move]:
    """A version that may not serve is named, so that a person finds it."""
    if state.aliases.get(CHALLENGER) == number:
        return []
    return [Move(CHALLENGER, number, state.aliases.get(CHALLENGER), why)]


def take_away(state: State, alias: str, why: str) -> list[Move]:
    """Take the alias from the version that has it; no moves when none has."""
    current = state.aliases.get(alias)
    return [] if current is None else [Move(alias, None, current, why)]


def carry_out(plane: ControlPlane, model: str, moves: list[Move]) -> None:
    """Make the moves, in order. If this is stopped at any moment, every alias is on a complete version.

    Raises MovedMeanwhileError when an alias has moved since the plan was made; the other move stays.
    """
    for move in moves:
        found = plane.state(model).aliases.get(move.alias)
        if found != move.previous:
            before, now = (f"version {version}" if version else "no version" for version in (move.previous, found))
            raise MovedMeanwhileError(
                f"alias {move.alias} changed from {before} to {now} while this command ran; "
                "run `make models`, then try again"
            )
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        if move.version is None:
            plane.release(model, move.alias)
        else:
            # Share and reason are there when the alias comes; what it has carried is only true afterwards.
            plane.tag(model, move.version, _tags(move, at))
            plane.point(model, move.alias, move.version)
            plane.tag(model, move.version, {had_tag(move.alias): "true"})
        plane.note(model, at, _entry(move))


def _tags(move: Move, at: str) -> dict[str, str]:
    entry = {"at": at, "why": move.why, "from": move.previous}
    if move.alias == PRODUCTION:
        entry["before"] = list(move.before)  # type: ignore[assignment]
    tags = {move_tag(move.alias): json.dumps(entry, ensure_ascii=False)}
    if move.percent is not None:
        tags[PERCENT] = percent_text(move.percent)
    return tags


def _entry(move: Move) -> dict[str, object]:
    return {
        "alias": move.alias,
        "version": move.version,
        "previous": move.previous,
        "percent": move.percent,
        "why": move.why,
    }


def _complete(state: State, number: str) -> Version:
    target = state.version(number)
    if not target.bundle:
        raise MoveRefusedError(f"version {number} has no tag `bundle` with a sha256, so nothing could serve it")
    return target


def _released(state: State, target: Version, aliases: tuple[str, ...], why: str) -> list[Move]:
    return [Move(alias, None, target.number, why) for alias in aliases if state.aliases.get(alias) == target.number]


def _passed(state: State) -> list[str]:
    """The version that serves, and what served before it, newest first."""
    current = state.aliases.get(PRODUCTION)
    return _before(state) if current is None else [current, *_before(state)]


def _before(state: State) -> list[str]:
    """The versions that served before the one that serves, newest first."""
    current = state.aliased(PRODUCTION)
    served = [one for one in state.versions.values() if had_tag(PRODUCTION) in one.tags]
    dated = [one for one in served if one.last_move(PRODUCTION)]
    if not dated:
        # Published before moves were noted: the numbers are the order.
        found = sorted((one.number for one in served), key=int, reverse=True)
    else:
        newest = max(dated, key=_served_since)
        found = [str(number) for number in newest.last_move(PRODUCTION).get("before", [])]
        if newest != current:
            # Somebody moved the alias by hand since.
            found = [newest.number, *found]
    return [number for number in found if current is None or number != current.number]


def _served_since(version: Version) -> datetime:
    return read_time(version.last_move(PRODUCTION).get("at")) or datetime.min.replace(tzinfo=UTC)
