"""Records the workers that hold a model, in memory that the master and all workers share."""

import mmap
from enum import IntEnum

_PLACES = 4096


class Readiness(IntEnum):
    """The models that a worker can answer with."""

    NOTHING = 0
    FALLBACK = 1
    """An earlier model, because what the policy names was refused."""
    CHOSEN = 2


class WorkerReadiness:
    """One byte for each slot, written by its worker alone. Made before the workers are forked."""

    def __init__(self) -> None:
        self._levels = mmap.mmap(-1, _PLACES)

    def set(self, slot: int, level: Readiness) -> None:
        self._levels[slot] = level

    def of(self, slot: int) -> Readiness:
        return Readiness(self._levels[slot])

    def stands_by(self, slot: int) -> bool:
        """Whether this worker has no model while another has one: then it leaves the requests to that one."""
        return not self._levels[slot] and any(self._levels[:])
