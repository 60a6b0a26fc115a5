"""The answers to the hold-out by segment, in reference.json: the drift of a segment is measured against them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from trainer.bundle.parity import Answering
from trainer.contract.columns import OTHER, Boolean, Category
from trainer.contract.contract import Contract
from trainer.contract.segment_names import name_of
from trainer.data.dataset import Rows
from trainer.decision import Decision, labels_of


def with_segments(
    reference: dict[str, Any], answering: Answering, holdout: Rows, contract: Contract, decision: Decision | None
) -> dict[str, Any]:
    """`reference` and, where the contract has segments, the hold-out's rows by segment and answer.

    The hold-out is answered and not the training rows: a model repeats the labels of what it has learned, so that its
    answers in service would differ from them without any drift.
    """
    columns = [one for one in contract.columns if isinstance(one, Category | Boolean) and one.segment]
    if not columns:
        return reference
    answers, count = _answers(reference, answering, holdout, decision)
    found = {}
    for column in columns:
        labels = reference["features"][column.name]["labels"]
        named = [name_of(value) for value in holdout.features[column.name]]
        names = np.array([name if name in labels else OTHER for name in named], dtype=object)
        found[column.name] = {name: np.bincount(answers[names == name], minlength=count).tolist() for name in labels}
    return {**reference, "segments": found}


def _answers(
    reference: dict[str, Any], answering: Answering, rows: Rows, decision: Decision | None
) -> tuple[npt.NDArray[np.int64], int]:
    """The index of each row's answer, [n], and how many there can be: classes, or bins of the value."""
    if "classes" in reference:
        return labels_of(answering.predict_proba(rows.features), decision), len(reference["classes"])
    edges = reference["target"]["edges"]
    values = np.asarray(answering.predict(rows.features), dtype=np.float64).reshape(-1)
    return np.searchsorted(edges, values, side="left"), len(edges) + 1
