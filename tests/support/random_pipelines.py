"""Pipelines drawn at random: what is accepted must answer rows that the proof has not seen as scikit-learn does.

`make test-pipelines MINUTES=10` draws for that long and ends with 1 where an accepted model differs.
"""

import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd
import yaml
from sklearn.pipeline import Pipeline

from tests.support.drawn_estimators import estimator
from tests.support.drawn_outcomes import TOLERANCE, Outcome, main, verdict
from tests.support.drawn_settings import Draw
from tests.support.matrix import KINDS, Drawn, table
from tests.support.tables import ROOT
from trainer.bundle.parity import TIE, answer, random_rows, run
from trainer.bundle.servable import as_learned, check_parity
from trainer.contract.contract import Contract
from trainer.contract.encoded_places import width
from trainer.conversion.convert import to_onnx
from trainer.data.encoding import encode
from trainer.errors import TrainerError
from trainer.estimators import Estimator
from trainer.params import Params
from trainer.training.pipeline import fit
from trainer.training.preparation import is_plain, preparation, round_learned, single

PROVED_ON, UNSEEN = 500, 2000
"""Random rows of the first proof, which is a quick one, and of the comparison after it."""


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
        return verdict(difference, np.ones(len(rows), dtype=np.bool_))
    labels, shares = answer(served, rows, contract.columns)
    expected = pipeline.predict_proba(rows)
    message = np.asarray(pipeline.predict(rows), dtype=np.int64)
    at = np.arange(len(rows))
    tied = np.abs(expected[at, message] - expected[at, labels]) <= TIE
    return verdict(np.abs(shares - expected).max(axis=1), (labels == message) | tied)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], tried, verb="test-pipelines", about=__doc__, minutes=10.0))
