"""Pipelines drawn at random: what is accepted must answer rows that the proof has not seen as scikit-learn does.

`make test-pipelines MINUTES=10` draws for that long and ends with 1 where an accepted model differs.
"""

import argparse
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from itertools import count
from multiprocessing import get_context
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml
from sklearn.pipeline import Pipeline

from tests.support.drawn_estimators import estimator
from tests.support.drawn_settings import Draw
from tests.support.matrix import KINDS, Drawn, table
from tests.support.tables import ROOT
from trainer.bundle.convert import to_onnx
from trainer.bundle.parity import TIE, answer, random_rows, run
from trainer.bundle.servable import as_learned, check_parity
from trainer.contract.columns import width
from trainer.contract.contract import Contract
from trainer.data.encoding import encode
from trainer.errors import TrainerError
from trainer.estimators import Estimator
from trainer.params import Params
from trainer.training.pipeline import fit
from trainer.training.preparation import is_plain, preparation, round_learned, single

TOLERANCE = 1e-5
PROVED_ON, UNSEEN = 500, 2000
"""Random rows of the first proof, which is a quick one, and of the comparison after it."""


@dataclass(frozen=True)
class Outcome:
    seed: int
    what: str
    """The pipeline in words."""
    ended: str
    """`accepted`, `refused: why`, `not fitted`, or `DIFFERS: how`."""

    @property
    def differs(self) -> bool:
        return self.ended.startswith("DIFFERS")

    @property
    def accepted(self) -> bool:
        return self.ended == "accepted"


def tried(seed: int) -> Outcome:
    """Draw a table and a pipeline, prove it as the trainer does, and compare what was accepted on other rows."""
    draw = np.random.default_rng(seed)
    classes, kind = int(draw.choice([0, 2, 2, 3, 5])), str(draw.choice(KINDS))
    return answered(estimator(Draw(draw), classes), kind, classes=classes, rows=int(draw.integers(60, 300)), seed=seed)


def answered(made: Any, kind: str, *, classes: int, rows: int = 200, seed: int = 1) -> Outcome:
    """The same of the estimator `made` and a table of that kind."""
    drawn = table(kind, classes, rows=rows, seed=seed)
    what = " ".join(f"{classes} classes, {kind}: {made}".split())
    with warnings.catch_warnings():
        # Settings drawn at random end early, overflow, or meet a class of few rows.
        warnings.simplefilter("ignore")
        try:
            pipeline = round_learned(fit(_pipeline(made, drawn, seed), drawn.rows, drawn.labels))
            pipeline.predict(drawn.rows)
        except Exception as error:
            # An estimator raises whatever it likes for settings that do not go together.
            return Outcome(seed, what, f"not fitted: {type(error).__name__}: {str(error)[:80]}")
        ended = _ended(pipeline, drawn, seed, PROVED_ON)
        if ended.startswith("DIFFERS"):
            # The trainer's own proof has more rows: only a difference that it overlooks is one.
            ended = _ended(pipeline, drawn, seed, None)
        return Outcome(seed, what, ended)


def _pipeline(made: Any, drawn: Drawn, seed: int) -> Pipeline:
    """As `build` makes one around an estimator of the user's own."""
    gaps = bool(made.__sklearn_tags__().input_tags.allow_nan)
    row = Estimator("", drawn.contract.task, "drawn", gaps=gaps, doubles=True)
    columns = drawn.contract.columns
    return Pipeline(
        [*([("single", single())] if is_plain(columns) else preparation(columns, row, seed)), ("model", made)]
    )


def _ended(pipeline: Pipeline, drawn: Drawn, seed: int, proved_on: int | None) -> str:
    """`proved_on` random rows, or as many as params.yaml says."""
    page = yaml.safe_load((ROOT / "params.yaml").read_text())
    rows_of_proof = proved_on or page["parity"]["random_rows"]
    params = Params.model_validate(page | {"parity": {"random_rows": rows_of_proof, "tolerance": TOLERANCE}})
    contract = as_learned(drawn.contract, pipeline)
    try:
        served = to_onnx(pipeline, sum(map(width, contract.columns)), len(contract.target.classes))
        check_parity(served, pipeline, drawn.rows, contract, params)
    except TrainerError as error:
        return f"refused: {str(error).splitlines()[0]}"
    except Exception as error:
        # As `servable.refusal`: a converter raises whatever it likes.
        return f"refused: {type(error).__name__}: {(str(error).splitlines() or [''])[0][:90]}"
    rows = random_rows(contract, UNSEEN, seed + 1)
    return _compared(served, pipeline, pd.concat([rows, _near(drawn.rows)], ignore_index=True), contract)


def _near(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the table with each number moved to its neighbours in float32: they lie at the splits of trees."""
    moved = []
    for way in (-np.inf, np.inf):
        numbers = {
            str(name): np.nextafter(values.to_numpy(np.float32), np.float32(way)).astype(np.float64)
            for name, values in rows.items()
            if pd.api.types.is_float_dtype(values)
        }
        moved.append(rows.assign(**numbers))
    return pd.concat(moved, ignore_index=True)


def _compared(served: bytes, pipeline: Pipeline, rows: pd.DataFrame, contract: Contract) -> str:
    if not contract.target.classes:
        (values,) = run(served, encode(rows, contract.columns), ["value"])
        low, high = contract.target.range
        difference = np.abs(values - pipeline.predict(rows)) / (high - low)
        return _verdict(difference, np.ones(len(rows), dtype=np.bool_))
    labels, shares = answer(served, rows, contract.columns)
    expected = pipeline.predict_proba(rows)
    message = np.asarray(pipeline.predict(rows), dtype=np.int64)
    at = np.arange(len(rows))
    tied = np.abs(expected[at, message] - expected[at, labels]) <= TIE
    return _verdict(np.abs(shares - expected).max(axis=1), (labels == message) | tied)


def _verdict(difference: npt.NDArray[Any], same: npt.NDArray[np.bool_]) -> str:
    far = ~(difference <= TOLERANCE)
    if not far.any() and same.all():
        return "accepted"
    return f"DIFFERS: {int(far.sum())} answers by up to {difference.max():.2g}, {int((~same).sum())} labels"


def drawn_from(first: int) -> Iterator[Outcome]:
    """Those of the seeds from `first` on, in a process of its own: a library that ends it ends one of them only."""
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


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make test-pipelines", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--refused", action="store_true", help="also show each that is refused or not fitted")
    options = parser.parse_args(arguments)
    until, seed = time.monotonic() + options.minutes * 60, options.first
    counts: Counter[str] = Counter()
    for outcome in drawn_from(seed):
        counts[outcome.ended.partition(":")[0]] += 1
        if outcome.differs or (options.refused and not outcome.accepted):
            sys.stdout.write(f"seed {outcome.seed}: {outcome.ended}\n  {outcome.what}\n")
            sys.stdout.flush()
        seed += 1
        if time.monotonic() > until:
            break
    listed = ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
    sys.stdout.write(f"{seed - options.first} pipelines drawn from seed {options.first} on: {listed}\n")
    return 1 if counts["DIFFERS"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
