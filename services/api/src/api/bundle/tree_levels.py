"""The nodes of all trees, laid out level by level, so that numpy goes through the same level of many trees at once."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.integer[Any]]

_AT_ONCE = 8_192
"""Nodes of a block: what one step of the arithmetic reads and writes stays in the processor's cache."""
_LEAST_SHARE = 1e-100
"""Replaces a share of 0, which can't be a divisor."""


class Level(NamedTuple):
    """The children of the nodes of a level that ask: first all that are reached with yes, then all with no."""

    start: int
    """The level's first place in the block; its first child with no is at `half`, and it ends before `end`."""
    half: int
    end: int
    asking: Places
    """[n]: the place in the block of each parent."""
    nodes: Places
    """[n]: the number of each parent among the nodes of all trees."""
    again: Places
    """Places in the block of the children whose input was asked for further up, too."""
    before: Places
    """Where it was last: the place of the child that the way went through then."""


class Block(NamedTuple):
    """Some trees of one output; the roots are the first nodes."""

    output: int
    """-1: their values are for every output."""
    points: int
    """Points of the quadrature: half the most inputs that a path asks for, rounded up."""
    levels: list[Level]
    shares: Numbers
    """[nodes]: of the training rows that go on along the way, over all nodes that ask for the input; 1 of a root."""
    before: Places
    """[nodes]: as in the levels, and 0, a root, of a node whose input was not asked for further up."""
    columns: Places
    """[nodes]: the user's column that the input comes from which the parent asks for; 0 of a root."""
    values: Numbers
    """[outputs, nodes, 1], or [1, nodes, 1]; 0 of a node that asks."""


def all_blocks(arrays: Mapping[str, npt.NDArray[Any]], column_of_input: Places) -> Iterator[Block]:
    """Lay out the trees of ``reasons.npz``, whose arrays are checked (see :mod:`api.bundle.reasons_file`)."""
    ways = _Paths(arrays)
    sizes = np.diff(arrays["roots"], append=len(arrays["feature"]))
    start = 0
    while start < len(sizes):
        end, nodes = start + 1, int(sizes[start])
        while (
            end < len(sizes)
            and arrays["output"][end] == arrays["output"][start]
            and nodes + int(sizes[end]) <= _AT_ONCE
        ):
            nodes += int(sizes[end])
            end += 1
        yield _block(arrays, ways, arrays["roots"][start:end], int(arrays["output"][start]), column_of_input)
        start = end


class _Paths:
    """For each node: the input that its parent asks for, and the last node above that asked for the same input."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        feature, count = arrays["feature"].astype(np.int32), len(arrays["feature"])
        asks = np.flatnonzero(feature >= 0)
        parent = np.full(count, -1, dtype=np.int32)
        for side in ("yes", "no"):
            parent[arrays[side][asks]] = asks
        inner = np.flatnonzero(parent >= 0)
        self.input = np.full(count, -1, dtype=np.int32)
        self.input[inner] = feature[parent[inner]]
        self.before = np.full(count, -1, dtype=np.int32)
        node, above = inner, parent[inner]
        while len(node):
            same = self.input[node] == self.input[above]
            self.before[node[same]] = above[same]
            kept = ~same & (self.input[above] >= 0)
            node, above = node[kept], parent[above[kept]]


def _block(
    arrays: Mapping[str, npt.NDArray[Any]], ways: _Paths, roots: Places, output: int, column_of_input: Places
) -> Block:
    order, levels = [roots.astype(np.intp)], []
    place = np.zeros(len(arrays["feature"]), dtype=np.intp)  # numpy takes places of this type as they are
    place[roots] = np.arange(len(roots))
    inputs = np.zeros(len(arrays["feature"]), dtype=np.int32)
    share = np.maximum(arrays["share"], _LEAST_SHARE)
    share[roots] = 1.0
    end = len(roots)
    while len(asking := order[-1][arrays["feature"][order[-1]] >= 0]):
        children = np.concatenate([arrays["yes"][asking], arrays["no"][asking]]).astype(np.intp)
        start, end = end, end + len(children)
        place[children] = np.arange(start, end)
        again = children[ways.before[children] >= 0]
        before = ways.before[again]
        share[again] = np.maximum(share[again] * share[before], _LEAST_SHARE)
        inputs[children] = np.tile(inputs[asking], 2) + 1
        inputs[again] -= 1
        half = start + len(asking)
        levels.append(Level(start, half, end, place[asking], asking, place[again], place[before]))
        order.append(children)
    nodes = np.concatenate(order)
    leaf = arrays["feature"][nodes] < 0
    return Block(
        output,
        max(1, (int(inputs[nodes].max()) + 1) // 2),
        levels,
        share[nodes],
        np.where(ways.before[nodes] >= 0, place[ways.before[nodes]], 0),
        np.where(ways.input[nodes] >= 0, column_of_input[ways.input[nodes]], 0),
        np.ascontiguousarray((arrays["value"][nodes] * leaf[:, None]).T)[:, :, None],
    )
