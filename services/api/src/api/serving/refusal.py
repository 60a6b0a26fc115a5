"""A version of the policy that was refused: why, and when it is tried again."""

from dataclasses import dataclass

from api.serving.policy import PolicyEntry

_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """The bundle that was refused last for a variant; ``files`` is the state of its files, ``pause`` in seconds."""

    choice: PolicyEntry
    reason: str
    files: str
    next_try: float
    pause: float


def refusal_after(earlier: Refusal | None, choice: PolicyEntry, reason: str, files: str, now: float) -> Refusal:
    """The refusal of ``choice``: the same choice again pauses twice as long as before, up to half a minute."""
    pause = min(earlier.pause * 2, _LONGEST_PAUSE) if earlier is not None and earlier.choice == choice else 1.0
    return Refusal(choice, reason, files, now + pause, pause)
