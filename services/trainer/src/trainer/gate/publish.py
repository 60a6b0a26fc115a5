"""`publish`: from the bundle on disk to the alias that serves it, in an order that may be cut off anywhere."""

from dataclasses import dataclass
from typing import Literal, Protocol

from trainer.errors import MovedMeanwhileError
from trainer.gate.champion import Files, of_version
from trainer.gate.judging import Judge
from trainer.registry import moves
from trainer.registry.control import (
    CANARY,
    CHALLENGER,
    PRODUCTION,
    SHADOW,
    ControlPlane,
    State,
    Version,
)
from trainer.registry.moves import Move
from trainer.registry.publication import Publication
from trainer.registry.tags import REASONS, VERDICT, had_tag
from trainer.registry.verdict import ARTIFACT, Verdict
from trainer.workspace.progress import Progress

Outcome = Literal["promoted", "canary", "refused", "unchanged", "moved away"]


class Registry(ControlPlane, Files, Protocol):
    """The calls to a registry that `publish` needs. Each call is whole when it returns."""

    def record(self, publication: Publication, verdict: Verdict) -> str: ...

    def register(self, model: str, run_id: str, tags: dict[str, str]) -> str: ...

    def attach(self, run_id: str, path: str, text: str) -> None: ...


@dataclass(frozen=True)
class Published:
    """The result of a publication."""

    version: str
    bundle: str
    outcome: Outcome
    alias: str = PRODUCTION
    """The alias of the version now; where it was moved away, the last one."""
    verdict: Verdict | None = None
    """None where nothing had to be judged."""

    @property
    def meaning(self) -> str:
        return {
            "promoted": "passed the gate; alias production moved to it",
            "canary": "passed the gate; it is the canary now",
            "refused": "did not pass the gate; it is registered as challenger, production stays where it is",
            "unchanged": f"is registered and is {self.alias} already; nothing to do",
            "moved away": f"had the alias {self.alias} before, and somebody moved it away; it stays there",
        }[self.outcome]


def publish(
    publication: Publication,
    registry: Registry,
    judge: Judge,
    progress: Progress,
    *,
    canary_percent: float | None = None,
    take_back: bool = True,
    adopting: bool = False,
    why: str = "publish",
) -> Published:
    """Judge, record, register, and last of all move the alias; what is there already is left as it is.

    A version exists only once its run holds the model, the whole bundle and the verdict, so that wherever this
    is stopped, the alias is on a complete version. A model that passes becomes production, or the canary with
    `canary_percent` of the traffic where there is a production. Without `take_back` a version that has served does not
    come back: a start of the platform must not undo what a person decided since. Where the alias is on a version
    without a bundle, which no courier brings, what is `adopting` is held against the one that served before.

    Raises RegistryError, and MovedMeanwhileError when production moved while its place was being judged.
    """
    model, bundle = publication.model, publication.bundle.hash
    progress.step(f"looking for bundle {bundle[:8]} among the versions of {model}")
    state = registry.state(model)
    version = _carrying(state, bundle)
    if version is not None and (found := _settled(state, version, canary_percent, take_back=take_back)):
        return found
    champion = state.aliased(PRODUCTION)
    if adopting and champion is not None and not champion.bundle:
        champion = _served_before(state)
    progress.step("judging it" if champion is None else f"judging it against version {champion.number}")
    verdict = judge(None if champion is None else of_version(champion, registry))
    number = _version(publication, registry, verdict, version, progress)
    now = registry.state(model)
    if now.aliases.get(PRODUCTION) != state.aliases.get(PRODUCTION):
        raise MovedMeanwhileError(
            f"production moved from {state.aliases.get(PRODUCTION) or 'nowhere'} to "
            f"{now.aliases.get(PRODUCTION) or 'nowhere'} while version {number} was judged against it; "
            "it is registered and serves nothing; run this again to judge it again"
        )
    outcome, planned = _consequence(now, number, verdict, canary_percent, why)
    moves.carry_out(registry, model, planned)
    alias = {"promoted": PRODUCTION, "canary": CANARY}.get(outcome, CHALLENGER)
    return Published(number, bundle, outcome, alias, verdict)


def _carrying(state: State, bundle: str) -> Version | None:
    """The newest version with this bundle."""
    found = [one for one in state.versions.values() if one.bundle == bundle]
    return max(found, key=lambda one: int(one.number), default=None)


def _served_before(state: State) -> Version | None:
    """The newest version with a bundle that has been production."""
    found = [one for one in state.versions.values() if one.bundle and had_tag(PRODUCTION) in one.tags]
    return max(found, key=lambda one: str(one.last_move(PRODUCTION).get("at", "")), default=None)


def _settled(state: State, version: Version, canary_percent: float | None, *, take_back: bool) -> Published | None:
    """The publication where there is nothing to judge."""
    if state.aliases.get(PRODUCTION) == version.number:
        return Published(version.number, version.bundle, "unchanged")
    if state.aliases.get(CANARY) == version.number and (canary_percent is not None or not take_back):
        return Published(version.number, version.bundle, "unchanged", CANARY)
    had = [alias for alias in (PRODUCTION, CANARY, SHADOW) if had_tag(alias) in version.tags]
    if had and not take_back:
        return Published(version.number, version.bundle, "moved away", had[0])
    return None


def _version(
    publication: Publication, registry: Registry, verdict: Verdict, version: Version | None, progress: Progress
) -> str:
    """The version of this bundle, with the verdict on it."""
    tags = {VERDICT: verdict.word, REASONS: verdict.short}
    if version is None:
        progress.step(f"recording {len(publication.candidates)} candidates in experiment {publication.experiment}")
        run_id = registry.record(publication, verdict)
        # Another trainer may have been as far as this one: the first version stands.
        version = _carrying(registry.state(publication.model), publication.bundle.hash)
        if version is None:
            progress.step(f"registering a version of {publication.model}")
            return registry.register(publication.model, run_id, publication.tags | tags)
    registry.attach(version.run_id, ARTIFACT, verdict.json())
    registry.tag(publication.model, version.number, tags)
    return version.number


def _consequence(
    state: State, number: str, verdict: Verdict, canary_percent: float | None, why: str
) -> tuple[Outcome, list[Move]]:
    reason = f"{why}: {verdict.short}"
    if not verdict.passed:
        return "refused", moves.challenge(state, number, reason)
    if canary_percent is not None and state.aliased(PRODUCTION) is not None:
        return "canary", moves.canary(state, number, canary_percent, reason)
    return "promoted", moves.promote(state, number, reason)
