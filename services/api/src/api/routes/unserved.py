"""Aliases of the registry that name another version than the one that serves, and why."""

from pydantic import BaseModel

from api.serving.policy import Variant
from api.state import State


class Unserved(BaseModel):
    """``alias`` names ``version``, and this worker serves ``serves``, or nothing under that alias.

    Where both are the same, the courier refused what its tags say now. ``why`` is null while it is on its way.
    """

    alias: str
    version: str
    serves: str | None
    why: str | None


def unserved(state: State) -> list[Unserved]:
    """By alias, production first; empty where everything serves that the registry names."""
    found = []
    for alias, named in state.aliases.read().items():
        held = state.models.get(alias)
        serves = None if held is None else held.version
        if serves != named.version or named.refused is not None:
            why = named.refused or _of_this_worker(state, alias, named.version)
            found.append(Unserved(alias=alias, version=named.version, serves=serves, why=why))
    return found


def _of_this_worker(state: State, alias: Variant, version: str) -> str | None:
    refusal = state.follower.refusals.get(alias)
    if refusal is not None and refusal.choice.version == version:
        return f"the api refused its bundle ({refusal.reason})"
    if version in state.counted_out.versions():
        return "it took too long in service"
    return None
