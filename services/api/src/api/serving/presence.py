"""Records the workers that hold a model, in memory that the master and all workers share."""

import mmap
from enum import IntEnum

_PLACES = 4096


class Level(IntEnum):
    """The models that a worker can answer with."""

    NOTHING = 0
    FALLBACK = 1
    """An earlier model, because what the policy names was refused."""
    CHOSEN = 2


class Presence:
    """One byte for each slot, written by its worker alone. Made before the workers are forked."""

    def __init__(self) -> None:
        self._levels = mmap.mmap(-1, _PLACES)

    def set(self, slot: int, level: Level) -> None:
        self._levels[slot] = level

    def of(self, slot: int) -> Level:
        return Level(self._levels[slot])

    def stands_by(self, slot: int) -> bool:
        """Whether this worker has no model while another has one: then it leaves the requests to that one."""
        return not self._levels[slot] and any(self._levels[:])
