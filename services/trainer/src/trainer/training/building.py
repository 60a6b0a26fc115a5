"""Builds the pipelines of every candidate before the first one is fitted."""

from collections.abc import Iterator, Mapping

from sklearn.pipeline import Pipeline

from trainer.candidates import Candidate
from trainer.errors import ParamsError
from trainer.params import Params
from trainer.training.fitting import LATEST
from trainer.training.isolation import IsolatedProcess
from trainer.training.own_estimators import FOLDER
from trainer.training.pipeline import Table, build, check_weights
from trainer.training.search import combinations, corners
from trainer.training.validation import Trial

BUILDING_SECONDS = 180.0
"""The time for all combinations of an estimator of the user's own; a library in it may not return at all."""


def own_process(
    candidates: Mapping[str, Candidate], params: Params, table: Table, threads: int | None
) -> IsolatedProcess:
    """The process for estimators of the user's own."""
    own = sum(one.is_own for one in candidates.values())
    seconds = own * (BUILDING_SECONDS + LATEST * params.budget_minutes * 60)
    return IsolatedProcess(table.root / FOLDER, threads=threads, seconds=seconds)


def _try_own(candidates: Mapping[str, Candidate], table: Table, seed: int, isolated: IsolatedProcess) -> None:
    """Build the estimators of the user's own where they can crash nothing. Raises ParamsError where one can't be."""
    for candidate in (one for one in candidates.values() if one.is_own):
        late = f"{candidate.estimator} did not return within {BUILDING_SECONDS:g} s"
        try:
            isolated.asked_for(candidate.estimator, BUILDING_SECONDS, late)(_build_all, candidate, table, seed)
        except (ValueError, TimeoutError) as error:
            raise ParamsError(f"params.yaml: {error}") from error


def _build_all(candidate: Candidate, table: Table, seed: int) -> None:
    for _ in _built(candidate, table, seed):
        pass


def _built(candidate: Candidate, table: Table, seed: int) -> Iterator[Pipeline]:
    """Every combination of a grid, or the ends of a search's ranges."""
    for chosen in corners(candidate) if candidate.search else combinations(candidate):
        yield build(candidate, seed, chosen, table=table)


def known_pipelines(
    candidates: Mapping[str, Candidate], table: Table, seed: int, isolated: IsolatedProcess, *, weighted: bool
) -> dict[Trial, Pipeline]:
    """The pipelines that are known before the first fit: every combination of a grid, nothing of a search.

    Each candidate is built, so that a mistake in the last one is reported before the first one is trained.
    """
    _try_own(candidates, table, seed, isolated)
    known: dict[Trial, Pipeline] = {}
    for name, candidate in candidates.items():
        for number, pipeline in enumerate(_built(candidate, table, seed), start=1):
            if not candidate.search:
                known[Trial(name, number)] = pipeline
            if weighted:
                check_weights(name, pipeline)
    return known
