"""A few rows with the answer they must get: what a reader of the bundle tries before it serves."""

from typing import Any

import numpy as np

from trainer.bundle.parity import Answering
from trainer.contract.contract import Contract
from trainer.data.dataset import Rows
from trainer.data.encoding import natural
from trainer.decision import Decision, labels_of
from trainer.errors import TrainerError

CLEAR = 1e-4
"""A golden label must not hang on rounding: the highest probability leads by at least this much."""


def golden(
    pipeline: Answering,
    rows: Rows,
    contract: Contract,
    *,
    count: int,
    seed: int,
    decision: Decision | None = None,
) -> dict[str, Any]:
    """The bundle's golden.json: `count` rows of the data set, or all clear ones if it has fewer; classes take turns.

    So do the rows that a `decision` answers otherwise than by the most probable class.
    """
    if contract.task == "regression":
        places = np.random.default_rng(seed).permutation(len(rows))[:count]
        expected = pipeline.predict(rows.features)
        return {
            "format": 1,
            "rows": [{"values": _values(rows, place, contract), "value": float(expected[place])} for place in places],
        }
    expected = pipeline.predict_proba(rows.features)
    ranked = np.sort(expected, axis=1)
    lead = ranked[:, -1] - ranked[:, -2] if decision is None else decision.distance(expected)
    clear = np.flatnonzero(lead >= CLEAR)
    if not len(clear):
        raise TrainerError("the model has no clear answer to any row of the data set; it has learnt nothing")
    shuffled = np.random.default_rng(seed).permutation(clear)
    answered = labels_of(expected, decision)
    kinds = answered * expected.shape[1] + expected.argmax(axis=1)
    turns = sorted(_turns(kinds[shuffled]), key=lambda turn: turn[0])
    chosen = [shuffled[place] for _, place in turns[:count]]
    return {
        "format": 1,
        "rows": [
            {
                "values": _values(rows, place, contract),
                "label": contract.target.classes[answered[place]],
                "probabilities": [min(1.0, float(share)) for share in expected[place]],
            }
            for place in chosen
        ],
    }


def _values(rows: Rows, place: int, contract: Contract) -> list[Any]:
    return [natural(rows.features[column.name].iloc[place], column) for column in contract.columns]


def _turns(kinds: np.ndarray[Any, Any]) -> list[tuple[int, int]]:
    """(how many of its kind came before, place) for each kind."""
    seen: dict[int, int] = {}
    turns = []
    for place, label in enumerate(kinds):
        turns.append((seen.get(int(label), 0), place))
        seen[int(label)] = turns[-1][0] + 1
    return turns
