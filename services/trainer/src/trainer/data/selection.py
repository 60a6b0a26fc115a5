"""Chooses the labelled predictions to learn from. Pure: the same rows in any order give the same choice.

A client that may send feedback may try to teach the model something wrong. One person's wrong labels contradict known
ones or lie among other classes; many at once show in their day; one class alone can fill only its share of a day.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from trainer.contract.columns import Category
from trainer.contract.contract import Contract
from trainer.contract.encoded_places import places
from trainer.data.encoding import encode
from trainer.data.labelled import AT, ID, Row, frame_of
from trainer.thresholds import Feedback
from trainer.workspace.files import sha256

REPEATED, CONTRADICTED, OUTLYING, CROWDED, SUSPICIOUS = (
    "repeats a row that is known",
    "another label for a row that is known",
    "a label that none of its neighbours has",
    "more of one class than its share of a day",
    "a day with too many contradictions and outliers",
)


@dataclass(frozen=True)
class Selection:
    """The labelled rows that are trained on, and those that are not, with the reason."""

    kept: pd.DataFrame
    """The kept rows in the contract's columns, target last, oldest first."""
    left_out: dict[str, str]
    """Prediction id and reason."""

    @property
    def reasons(self) -> dict[str, int]:
        return dict(Counter(self.left_out.values()))


def select(rows: list[Row], base: pd.DataFrame, contract: Contract, limits: Feedback) -> Selection:
    """Choose among labelled predictions that keep the contract; `base` is the checked data set without them."""
    if not rows:
        return Selection(base.iloc[:0], {})
    rows = sorted(rows, key=lambda row: (row[AT], row[ID]))
    given = frame_of(rows, contract).reset_index(drop=True)
    ids, days = [row[ID] for row in rows], [row[AT][:10] for row in rows]
    reasons: dict[int, str] = _known(given, base, contract)
    left = [place for place in range(len(rows)) if place not in reasons]
    reasons |= dict.fromkeys(_outliers(given, left, base, contract, limits), OUTLYING)
    reasons |= dict.fromkeys(_in_suspicious_days(days, reasons, limits), SUSPICIOUS)
    if contract.task == "classification":
        left = [place for place in range(len(rows)) if place not in reasons]
        reasons |= dict.fromkeys(_crowding(given, left, ids, days, contract, limits), CROWDED)
    kept = given.drop(index=list(reasons)).reset_index(drop=True)
    return Selection(kept, {ids[place]: reason for place, reason in sorted(reasons.items())})


def _known(given: pd.DataFrame, base: pd.DataFrame, contract: Contract) -> dict[int, str]:
    """Rows that say again, or otherwise, what the data set or an earlier labelled row says."""
    names, target = list(contract.features), contract.target.name
    labels: defaultdict[tuple[Any, ...], set[Any]] = defaultdict(set)
    for frame in (base, given):
        for values, label in zip(_plain(frame[names]), frame[target], strict=True):
            labels[values].add(label)
    seen = set(zip(_plain(base[names]), base[target], strict=True))
    in_base = {values for values, _ in seen}
    found: dict[int, str] = {}
    for place, row in enumerate(zip(_plain(given[names]), given[target], strict=True)):
        if row in seen:
            found[place] = REPEATED
        elif contract.task == "classification" and len(labels[row[0]]) > 1:
            found[place] = CONTRADICTED
        elif contract.task == "regression" and row[0] in in_base:
            found[place] = REPEATED
        seen.add(row)
    return found


def _plain(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return [
        tuple(None if pd.isna(value) else value for value in row) for row in frame.itertuples(index=False, name=None)
    ]


def _outliers(
    given: pd.DataFrame, places: list[int], base: pd.DataFrame, contract: Contract, limits: Feedback
) -> list[int]:
    """Those rows at `places` whose label no neighbour supports, neither in the data set nor among themselves."""
    if not places:
        return []
    target = contract.target.name
    both = pd.concat([base, given.loc[places]], ignore_index=True)
    points, labels = _points(both[list(contract.features)], contract), both[target].to_numpy()
    count = min(limits.neighbours + 1, len(both))
    near = NearestNeighbors(n_neighbors=count).fit(points).kneighbors(points[len(base) :], return_distance=False)
    spread = float(base[target].std()) if contract.task == "regression" else 0.0
    found = []
    for place, neighbours in zip(range(len(base), len(both)), near, strict=True):
        others = labels[[one for one in neighbours if one != place][: limits.neighbours]]
        if contract.task == "regression":
            alone = abs(labels[place] - others.mean()) > limits.deviations * spread
        else:
            alone = labels[place] not in others
        if alone:
            found.append(places[place - len(base)])
    return found


def _points(features: pd.DataFrame, contract: Contract) -> npt.NDArray[np.float64]:
    """Numbers in standard deviations, categories as distances of one; what is missing lies in the middle."""
    parts = [np.empty((len(features), 0))]
    table = encode(features, contract.columns).astype(np.float64)
    # Of a date the days alone: its other numbers follow from them.
    firsts = [place for place, *_ in places(contract.columns)]
    for column, values in zip(contract.columns, table.T[firsts], strict=True):
        if isinstance(column, Category) and column.levels:
            # Texts that nobody has listed say little about who is near: there may be as many as rows.
            continue
        if isinstance(column, Category) and not column.ordered:
            parts.append(np.stack([values == code for code in range(len(column.categories) + 1)], axis=1) / np.sqrt(2))
        else:
            middle, spread = np.nanmean(values), np.nanstd(values) or 1.0
            parts.append(np.nan_to_num((values - middle) / spread)[:, None])
    return np.concatenate(parts, axis=1)


def _in_suspicious_days(days: list[str], reasons: dict[int, str], limits: Feedback) -> list[int]:
    odd = Counter(days[place] for place, reason in reasons.items() if reason in (CONTRADICTED, OUTLYING))
    all_of = Counter(days)
    bad = {
        day
        for day, count in odd.items()
        if all_of[day] >= limits.suspicious_minimum and count / all_of[day] > limits.suspicious_share
    }
    return [place for place, day in enumerate(days) if day in bad and place not in reasons]


def _crowding(
    given: pd.DataFrame, places: list[int], ids: list[str], days: list[str], contract: Contract, limits: Feedback
) -> list[int]:
    of_day = Counter(days[place] for place in places)
    groups: defaultdict[tuple[str, Any], list[int]] = defaultdict(list)
    for place in places:
        groups[days[place], given.at[place, contract.target.name]].append(place)
    found = []
    for (day, _), members in groups.items():
        allowed = max(limits.class_minimum, int(limits.class_share * of_day[day]))
        # By the hash of the id: nobody can choose to be first.
        found += sorted(members, key=lambda place: sha256(ids[place].encode()))[allowed:]
    return found
