"""The settings that a candidate tries, one after another: a grid's, or those that Optuna draws."""

import time
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Protocol

from trainer.candidates import Candidate, Value
from trainer.errors import ParamsError
from trainer.estimators import ESTIMATORS

Chosen = dict[str, Value]


class Trials(Protocol):
    """The combinations of settings that are tried for one candidate."""

    count: int
    """At most."""
    cut: bool
    """Whether time ended them."""

    def __iter__(self) -> Iterator[Chosen]: ...

    def tell(self, score: float) -> None:
        """The result of the settings that came last; higher is better."""


def trials_of(candidate: Candidate, seed: int) -> Trials:
    """The drawn combinations of a `search`, or all of a grid."""
    return _DrawnTrials(candidate, seed) if candidate.search else _GridTrials(candidate)


def combinations(candidate: Candidate) -> Iterator[Chosen]:
    """Every combination of the grid, in the order of the file; without a grid one empty combination."""
    for values in product(*candidate.grid.values()):
        yield dict(zip(candidate.grid, values, strict=True))


def space_of(candidate: Candidate) -> Mapping[str, Any]:
    """The ranges of a search. Raises ParamsError where there are none."""
    row = ESTIMATORS.get(candidate.estimator)
    space: Mapping[str, Any] = (candidate.search.space if candidate.search else None) or (row.space if row else {})
    free = {name: ends for name, ends in space.items() if name not in candidate.settings}
    if not free:
        raise ParamsError(f"params.yaml: search of {candidate.estimator} needs space: {{argument: [low, high]}}")
    return free


def corners(candidate: Candidate) -> Iterator[Chosen]:
    """The first and the last value of every range: settings that must be valid before any training."""
    space = space_of(candidate)
    for end in (0, -1):
        yield {name: _whole(ends)[end] for name, ends in space.items()}


class _GridTrials:
    cut = False

    def __init__(self, candidate: Candidate) -> None:
        self._all = list(combinations(candidate))
        self.count = len(self._all)

    def __iter__(self) -> Iterator[Chosen]:
        return iter(self._all)

    def tell(self, score: float) -> None:
        """A grid learns nothing."""


class _DrawnTrials:
    """Tree-structured Parzen estimation with a fixed seed, one trial at a time."""

    def __init__(self, candidate: Candidate, seed: int) -> None:
        if candidate.search is None:
            raise ValueError("the candidate has no search")
        self.count, self._minutes = candidate.search.trials, candidate.search.minutes
        self.cut = False
        self._space, self._seed = space_of(candidate), seed
        self._study: Any = None
        self._trial: Any = None

    def __iter__(self) -> Iterator[Chosen]:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=self._seed))
        started = time.monotonic()
        for number in range(self.count):
            if number and time.monotonic() - started > self._minutes * 60:
                self.cut = True
                return
            self._trial = self._study.ask()
            yield {name: self._draw(name, _whole(ends)) for name, ends in self._space.items()}

    def tell(self, score: float) -> None:
        self._study.tell(self._trial, score)

    def _draw(self, name: str, ends: list[Any]) -> Any:
        if isinstance(ends[0], str):
            return self._trial.suggest_categorical(name, ends)
        if isinstance(ends[0], int):
            return self._trial.suggest_int(name, *ends, log=True)
        return self._trial.suggest_float(name, *ends, log=True)


def _whole(ends: Any) -> list[Any]:
    """Whole numbers where both ends are, e.g. of a number of trees."""
    whole = all(not isinstance(one, str) and float(one).is_integer() and one >= 1 for one in ends)
    return [int(one) for one in ends] if whole else list(ends)
