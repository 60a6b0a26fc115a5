"""Detects drift that moves columns together, by a classifier that separates live rows from training rows.

Two columns can each keep their distribution while their relation changes; then every PSI is low and a classifier still
finds the live rows. Its area under the ROC curve is 0.5 where the rows are alike. Source: Lopez-Paz and Oquab,
Revisiting classifier two-sample tests, ICLR 2017; the interval is DeLong's (DeLong, DeLong and Clarke-Pearson,
Biometrics 44, 1988).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedGroupKFold

from trainer.contract.columns import Column
from trainer.contract.encoded_places import places
from trainer.data.encoding import encode

Floats = npt.NDArray[np.float64]
MOST_ROWS = 5000
"""Rows of each side; more would be slower and make the answer no clearer."""
LEAST_ROWS = 100
FOLDS = 5
TREES = 40
CONFIDENCE = 0.99
NAMED_DROP = 0.02
"""A column is named when the area falls by this much once the column's values are shuffled among the rows."""


@dataclass(frozen=True)
class JointDrift:
    """How well a classifier tells live rows from training rows: the area under its curve, with its interval."""

    auc: float
    low: float
    high: float
    training_rows: int
    live_rows: int
    columns: tuple[tuple[str, float], ...]
    """The columns that give the live rows away, and by how much the area falls without each; the largest first."""

    @property
    def is_sure(self) -> bool:
        """Whether the rows can be distinguished beyond chance."""
        return self.low > 0.5


def joint_drift(training: pd.DataFrame, live: pd.DataFrame, columns: Sequence[Column], seed: int) -> JointDrift:
    """Both frames are n x columns in the contract's order; each needs at least LEAST_ROWS rows, and a sample is used.

    Every row is scored by a classifier that has not seen it, so the area is not too good.
    """
    generator = np.random.default_rng(seed)
    sides = [_sample(encode(frame, columns), generator) for frame in (training, live)]
    table = np.concatenate(sides)
    is_live = np.repeat([0, 1], [len(side) for side in sides])
    scores, falls = np.empty(len(table)), np.zeros(len(columns))
    shuffled = np.empty((len(columns), len(table)))
    # Rows that are alike stay together: a live row that repeats a training row would else count against its twin.
    twins = pd.util.hash_pandas_object(pd.DataFrame(table), index=False).to_numpy()
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for learn, judge in folds.split(table, is_live, twins):
        # It takes missing values as they are, and one core: the retrainer is a guest on its machine.
        model = RandomForestClassifier(TREES, max_depth=6, min_samples_leaf=10, random_state=seed)
        model.fit(table[learn], is_live[learn])
        scores[judge] = model.predict_proba(table[judge])[:, 1]
        for number, own in enumerate(places(columns)):
            changed = table[judge].copy()
            changed[:, own] = changed[generator.permutation(len(judge))][:, own]
            shuffled[number, judge] = model.predict_proba(changed)[:, 1]
    auc, spread = area(scores, is_live == 1)
    falls = np.array([auc - area(one, is_live == 1)[0] for one in shuffled])
    margin = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * spread
    order = [number for number in np.argsort(-falls, kind="stable") if falls[number] >= NAMED_DROP]
    return JointDrift(
        auc,
        max(0.0, auc - margin),
        min(1.0, auc + margin),
        len(sides[0]),
        len(sides[1]),
        tuple((columns[number].name, float(falls[number])) for number in order),
    )


def area(scores: Floats, positive: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """The area under the ROC curve and its standard error by DeLong; ties count half."""
    above, below = scores[positive], scores[~positive]
    whole = _ranks(np.concatenate([above, below]))
    of_above = (whole[: len(above)] - _ranks(above)) / len(below)
    of_below = 1 - (whole[len(above) :] - _ranks(below)) / len(above)
    spread = np.sqrt(of_above.var(ddof=1) / len(above) + of_below.var(ddof=1) / len(below))
    return float(of_above.mean()), float(spread)


def _ranks(scores: Floats) -> Floats:
    return np.asarray(pd.Series(scores).rank(), dtype=np.float64)


def _sample(table: npt.NDArray[np.float32], generator: np.random.Generator) -> npt.NDArray[np.float32]:
    if len(table) <= MOST_ROWS:
        return table
    return table[np.sort(generator.choice(len(table), MOST_ROWS, replace=False))]
