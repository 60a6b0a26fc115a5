"""`reasons.npz`: what the api needs to say how much each column contributed to an answer (docs/explaining.md).

Arrays of plain numbers, without pickle. The same model gives the same bytes.
"""

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from trainer.bundle.additive import Linear, Trees, additive
from trainer.bundle.inputs import Inputs, inputs_of
from trainer.contract.columns import Column
from trainer.contract.encoded_places import width
from trainer.conversion.trees import Tree
from trainer.data.encoding import encode
from trainer.errors import UnexplainableError

MOST_CONDITIONS = 2_000_000
"""Conditions on the ways to all leaves, docs/formats/limits.json: they are what a row's reasons cost."""
CLOSE = 1e-6


class Reasons(NamedTuple):
    """The section of the manifest, and the file where there is one."""

    section: dict[str, str]
    content: bytes | None


def no_reasons(why: str) -> Reasons:
    """No file of reasons; the manifest says why."""
    return Reasons({"method": "none", "why": why}, None)


def reasons_of(pipeline: Pipeline, rows: pd.DataFrame, columns: Sequence[Column]) -> Reasons:
    """The reasons of a fitted pipeline with its training rows; the cause where there are no exact ones."""
    try:
        inputs = inputs_of(pipeline, sum(map(width, columns)))
        prepared = _prepared(pipeline, inputs, rows, columns)
        found = additive(pipeline.named_steps["model"], len(inputs.source))
        if isinstance(found, Linear):
            return _written("linear", found.score, inputs, _terms(found, prepared.mean(axis=0)))
        _check_categories(found, prepared)
        return _written("trees", found.score, inputs, _nodes(found))
    except UnexplainableError as error:
        return no_reasons(str(error))


def _prepared(
    pipeline: Pipeline, inputs: Inputs, rows: pd.DataFrame, columns: Sequence[Column]
) -> npt.NDArray[np.float64]:
    """The rows as the model gets them. Raises UnexplainableError where the arrays say something else than the steps."""
    made = inputs.of(encode(rows, columns))
    wanted = np.asarray(pipeline[:-1].transform(rows) if len(pipeline) > 1 else rows, dtype=np.float64)
    if made.shape != wanted.shape or not np.allclose(made, wanted, rtol=CLOSE, atol=CLOSE, equal_nan=True):
        raise UnexplainableError("its preparation of the columns can't be followed")
    return made


def _check_categories(found: Trees, prepared: npt.NDArray[np.float64]) -> None:
    """Raises UnexplainableError where a column of categories holds fractions, which the library cuts off."""
    asked = {int(tree.asked[node]) for tree, _ in found.trees for node in tree.members}
    values = prepared[:, sorted(asked)]
    if (values % 1 > 0).any():
        raise UnexplainableError("a column of its categories holds numbers that are not whole")


def _written(method: str, score: str, inputs: Inputs, arrays: dict[str, npt.NDArray[Any]]) -> Reasons:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **inputs.arrays(), **arrays)
    return Reasons({"method": method, "score": score}, file.getvalue())


def _terms(found: Linear, usual: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[Any]]:
    return {"weights": found.weights, "usual": usual, "base": found.intercept + found.weights @ usual}


def _nodes(found: Trees) -> dict[str, npt.NDArray[Any]]:
    """The nodes of all trees one after the other; those of a tree begin with its root, and follow their parents."""
    ordered = [_ordered(tree) for tree, _ in found.trees]
    starts = np.cumsum([0, *(len(tree.asked) for tree in ordered)])
    depths = [_depths(tree) for tree in ordered]
    conditions = sum(int(depth[tree.asked < 0].sum()) for tree, depth in zip(ordered, depths, strict=True))
    if conditions > MOST_CONDITIONS:
        raise UnexplainableError(
            f"its trees have {conditions} conditions on the ways to their leaves, at most {MOST_CONDITIONS} are "
            "explained; use fewer trees, or limit max_leaf_nodes or max_depth"
        )
    moved = list(zip(ordered, starts, strict=False))
    members = [(node + start, value) for tree, start in moved for node, of in tree.members.items() for value in of]
    return {
        "feature": np.concatenate([tree.asked for tree in ordered]).astype(np.int32),
        "threshold": np.concatenate([tree.thresholds for tree in ordered]),
        "yes": np.concatenate([np.where(tree.asked < 0, -1, tree.yes + start) for tree, start in moved]).astype(
            np.int32
        ),
        "no": np.concatenate([np.where(tree.asked < 0, -1, tree.no + start) for tree, start in moved]).astype(np.int32),
        "gaps": np.concatenate([tree.gaps for tree in ordered]),
        "share": np.concatenate([_shares(tree) for tree in ordered]),
        "value": np.concatenate([tree.values for tree in ordered]) / found.divisor,
        "roots": starts[:-1].astype(np.int32),
        "output": np.array([output for _, output in found.trees], dtype=np.int32),
        "member_node": np.array([node for node, _ in members], dtype=np.int32),
        "member_value": np.array([value for _, value in members], dtype=np.float64),
        "below": np.array(any(tree.below for tree in ordered)),
        "single": np.array(found.single),
        "start": found.start,
    }


def _ordered(tree: Tree) -> Tree:
    """Only the nodes that rows reach, each after its parent."""
    order, place = [0], 0
    while place < len(order):
        node = order[place]
        place += 1
        if tree.asked[node] >= 0:
            order += [int(tree.yes[node]), int(tree.no[node])]
    new = np.full(len(tree.asked), -1)
    new[order] = np.arange(len(order))
    return Tree(
        tree.asked[order],
        tree.thresholds[order],
        tree.values[order],
        new[tree.yes[order]],
        new[tree.no[order]],
        tree.gaps[order],
        below=tree.below,
        members={int(new[node]): of for node, of in sorted(tree.members.items()) if new[node] >= 0},
        covers=tree.covers[order],
    )


def _depths(tree: Tree) -> npt.NDArray[np.int64]:
    depth = np.zeros(len(tree.asked), dtype=np.int64)
    for node in np.flatnonzero(tree.asked >= 0):
        depth[[tree.yes[node], tree.no[node]]] = depth[node] + 1
    return depth


def _shares(tree: Tree) -> npt.NDArray[np.float64]:
    """The share of the parent's training rows that went to a node; 1 for the root."""
    shares = np.ones(len(tree.asked))
    asks = np.flatnonzero(tree.asked >= 0)
    yes, no = tree.covers[tree.yes[asks]], tree.covers[tree.no[asks]]
    whole = yes + no
    shares[tree.yes[asks]] = np.divide(yes, whole, out=np.full(len(asks), 0.5), where=whole > 0)
    shares[tree.no[asks]] = np.divide(no, whole, out=np.full(len(asks), 0.5), where=whole > 0)
    return shares
