"""Models that are drawn at random from seeds: the outcome of each, and a run over many of them."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from itertools import count
from multiprocessing import get_context
from typing import Any

import numpy as np
import numpy.typing as npt

TOLERANCE = 1e-5


@dataclass(frozen=True)
class Outcome:
    seed: int
    what: str
    """The model in words."""
    ended: str
    """`accepted`, `refused: why`, `not fitted`, or `DIFFERS: how`."""

    @property
    def differs(self) -> bool:
        return self.ended.startswith("DIFFERS")

    @property
    def accepted(self) -> bool:
        return self.ended == "accepted"


def verdict(difference: npt.NDArray[Any], same: npt.NDArray[np.bool_]) -> str:
    """How a model ended whose answers differ by `difference` [n], and have the `same` labels [n]."""
    far = ~(difference <= TOLERANCE)
    if not far.any() and same.all():
        return "accepted"
    return f"DIFFERS: {int(far.sum())} answers by up to {difference.max():.2g}, {int((~same).sum())} labels"


def drawn_from(tried: Callable[[int], Outcome], first: int) -> Iterator[Outcome]:
    """Outcomes of the seeds from `first` on. A process of its own tries them: a library that ends it ends one only."""
    beside = partial(ProcessPoolExecutor, 1, get_context("spawn"))
    pool = beside()
    try:
        for seed in count(first):
            try:
                yield pool.submit(tried, seed).result()
            except BrokenProcessPool:
                yield Outcome(seed, "", "not fitted: the library ended the process")
                pool = beside()
    finally:
        pool.shutdown()


def main(arguments: list[str], tried: Callable[[int], Outcome], *, verb: str, about: str, minutes: float) -> int:
    """Draw until the time is over and print what differs; 1 where something does."""
    parser = argparse.ArgumentParser(prog=f"make {verb}", description=about.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=minutes)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--refused", action="store_true", help="also show each that is refused or not fitted")
    options = parser.parse_args(arguments)
    until = time.monotonic() + options.minutes * 60
    counts: Counter[str] = Counter()
    for outcome in drawn_from(tried, options.first):
        counts[outcome.ended.partition(":")[0]] += 1
        if outcome.differs or (options.refused and not outcome.accepted):
            sys.stdout.write(f"seed {outcome.seed}: {outcome.ended}\n  {outcome.what}\n")
            sys.stdout.flush()
        if time.monotonic() > until:
            break
    listed = ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
    sys.stdout.write(f"{counts.total()} models drawn from seed {options.first} on: {listed}\n")
    return 1 if counts["DIFFERS"] else 0
