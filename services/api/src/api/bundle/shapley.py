"""Contributions of columns to one row's score: exact Shapley values of trees (path-dependent) and of linear models.

The game of a tree is the one of TreeSHAP (Lundberg et al., 2018 and 2020): where an input is not known, a node sends a
row both ways by the shares of the training rows. For one leaf it is a product over the inputs on its way, so that

    contribution of i = value * (on_i - share_i) * integral over t from 0 to 1 of
                        the product over the others j of (t * on_j + (1 - t) * share_j)

with on = 1 where the row meets every condition on that input, else 0. The integrand is a polynomial of degree d - 1 in
t: Gauss-Legendre quadrature with d/2 points, rounded up, is exact.

The product over all inputs at each point is made once for each node, from its parent's, and values times products are
added up from the leaves: that the leaves below a node share its way is the idea of Linear TreeSHAP (Yu et al., NeurIPS
2022). The work grows with the nodes, and not with the conditions on the ways to all leaves.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from api.bundle.tree_levels import Block, Numbers, Places, all_blocks

Check = Callable[[], None]
"""Raises when the time is over."""


class TreeReasons:
    """The trees of a model. ``base`` [outputs] is the score that is expected of a row nothing is known of."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], column_of_input: Places) -> None:
        self._asks = np.flatnonzero(arrays["feature"] >= 0)
        self._feature = arrays["feature"][self._asks]
        self._threshold = arrays["threshold"][self._asks]
        self._gaps, self._below = arrays["gaps"][self._asks], bool(arrays["below"])
        self._single = bool(arrays["single"])
        self._members = arrays["member_node"], arrays["member_value"]
        self._member_features = arrays["feature"][arrays["member_node"]]
        self._by_members = np.unique(arrays["member_node"])
        self._nodes = len(arrays["feature"])
        self._blocks = list(all_blocks(arrays, column_of_input))
        self.base = arrays["start"] + _expected(arrays)

    def of(self, row: Numbers, output: int, columns: int, check: Check) -> Numbers:
        """[columns] of the score ``output``, for a row of the model's inputs."""
        total = np.zeros(columns)
        yes = self._decisions(row.astype(np.float32).astype(np.float64) if self._single else row)
        for block in self._blocks:
            if block.output in (-1, output):
                check()
                found = _contributions(block, yes, output if block.output < 0 else 0)
                total += np.bincount(block.columns, found, minlength=columns)
        return total

    def _decisions(self, row: Numbers) -> npt.NDArray[np.bool_]:
        """Whether the row goes on with yes, for each node; of a leaf it means nothing."""
        yes = np.zeros(self._nodes, dtype=bool)
        values = row[self._feature]
        yes[self._asks] = values < self._threshold if self._below else values <= self._threshold
        nodes, members = self._members
        yes[self._by_members] = False
        yes[nodes[row[self._member_features] == members]] = True
        missing = np.isnan(values)
        if missing.any():
            yes[self._asks[missing]] = self._gaps[missing]
        return yes


class LinearReasons:
    """``base`` [outputs] is the score of the mean of the training rows; a contribution is how far a row is from it."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], column_of_input: Places) -> None:
        self._weights, self._usual, self.base = arrays["weights"], arrays["usual"], arrays["base"]
        self._column_of_input = column_of_input

    def of(self, row: Numbers, output: int, columns: int, check: Check) -> Numbers:
        """[columns], like :meth:`TreeReasons.of`."""
        check()
        terms = self._weights[output] * (row - self._usual)
        total = np.zeros(columns)
        np.add.at(total, self._column_of_input, terms)
        return total


def _contributions(block: Block, yes: npt.NDArray[np.bool_], output: int) -> Numbers:
    """[nodes]: of the input that each node's parent asks for, by the leaves below the node; 0 of a root."""
    on = _met(block, yes)
    points, weights = _quadrature(block.points)
    factors = block.shares[:, None] * (1.0 - points)
    factors += (np.arange(2.0)[:, None] * points).take(on, axis=0)
    parts = 1.0 / factors
    # Where an input is asked for again, its factor takes the place of the one before; a root's factor is 1.
    parts_before = parts.take(block.before, axis=0)
    factors *= parts_before
    products = np.ones_like(factors)
    for level in block.levels:
        above = products.take(level.asking, axis=0)
        np.multiply(above, factors[level.start : level.half], out=products[level.start : level.half])
        np.multiply(above, factors[level.half : level.end], out=products[level.half : level.end])
    products *= block.values[output]
    for level in reversed(block.levels):
        products[level.asking] = products[level.start : level.half] + products[level.half : level.end]
    worth = on - block.shares
    # The leaves below count with the input's nodes further down, not also with those above.
    parts *= products
    parts_before *= products
    found: Numbers = (parts @ weights) * worth - (parts_before @ weights) * worth.take(block.before)
    return found


def _met(block: Block, yes: npt.NDArray[np.bool_]) -> Places:
    """[nodes]: 1 where the row meets all conditions on the input along the way, else 0."""
    on = np.ones(len(block.shares), dtype=np.intp)
    for level in block.levels:
        decided = yes.take(level.nodes)
        on[level.start : level.half] = decided
        np.logical_not(decided, out=decided)
        on[level.half : level.end] = decided
        on[level.again] &= on[level.before]
    return on


@lru_cache(maxsize=256)
def _quadrature(count: int) -> tuple[Numbers, Numbers]:
    """Points and weights of Gauss and Legendre on [0, 1], each [count]."""
    points, weights = np.polynomial.legendre.leggauss(count)
    return (points + 1.0) / 2.0, weights / 2.0


def _expected(arrays: Mapping[str, npt.NDArray[Any]]) -> Numbers:
    """[outputs]: the mean of the leaves, weighed by the shares of the training rows that reach them."""
    feature, share = arrays["feature"], arrays["share"]
    reach = np.ones(len(feature))
    for node in np.flatnonzero(feature >= 0).tolist():
        for child in (arrays["yes"][node], arrays["no"][node]):
            reach[child] = reach[node] * share[child]
    reached = reach[:, None] * arrays["value"] * (feature < 0)[:, None]
    of_trees = np.add.reduceat(reached, arrays["roots"], axis=0)
    outputs = len(arrays["start"])
    every = arrays["output"] < 0
    expected = np.zeros(outputs)
    expected += of_trees[every].sum(axis=0) if every.any() else 0.0
    return expected + np.bincount(arrays["output"][~every], of_trees[~every][:, 0], minlength=outputs)
