"""The ways from the roots of all trees to their leaves, laid out so that numpy goes through all leaves at once."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Places = npt.NDArray[np.integer[Any]]

_AT_ONCE = 32_768
"""Numbers that one step of the arithmetic makes: they stay in the processor's cache."""
_BLOCK = 16_384
"""Leaves that are laid out at once: to sort the ways of all of them would take several times the memory they keep."""
_LEAST_SHARE = 1e-100
"""In place of a share of 0, which nothing can be divided by."""


class Leaves(NamedTuple):
    """Some leaves of one output whose ways ask for the same number d of inputs."""

    output: int
    """-1: their values are for every output."""
    part: slice
    """Of the entries: d x leaves, those of the first input of each leaf first."""
    shares: Numbers
    """[d, leaves]: the share of the training rows that go on along the way, over all nodes that ask for the input."""
    values: Numbers
    """[leaves, outputs], or [leaves, 1]."""
    columns: Places
    """[d * leaves]: the user's column that each input comes from."""


class Paths(NamedTuple):
    """An entry is an input that the way to a leaf asks for, with all its nodes on that way."""

    conditions: Places
    """Twice the number of a node, plus 1 where the way goes on with yes; in the order of the entries."""
    starts: Places
    """Where each entry begins in the conditions."""
    leaves: list[Leaves]


def all_paths(arrays: Mapping[str, npt.NDArray[Any]], column_of_input: Places) -> Iterator[Paths]:
    """Of checked arrays of ``reasons.npz`` (see :mod:`api.bundle.reasons_file`), some thousand leaves at a time."""
    ends = np.flatnonzero(arrays["feature"] < 0)
    for start in range(0, len(ends), _BLOCK):
        found = _paths(arrays, ends[start : start + _BLOCK], column_of_input)
        if found.leaves:
            yield found


def _paths(arrays: Mapping[str, npt.NDArray[Any]], ends: Places, column_of_input: Places) -> Paths:
    output = _outputs(arrays)[ends]
    leaf, condition, feature, share = _climbed(arrays, ends)
    by_leaf = np.lexsort((feature, leaf))
    leaf, condition, feature, share = leaf[by_leaf], condition[by_leaf], feature[by_leaf], share[by_leaf]
    first = np.flatnonzero((np.diff(leaf, prepend=-1) != 0) | (np.diff(feature, prepend=-1) != 0))
    if not len(first):
        return Paths(first, first, [])
    entry = np.repeat(np.arange(len(first)), np.diff(first, append=len(leaf)))
    shares = np.maximum(np.multiply.reduceat(share, first), _LEAST_SHARE)
    leaf, feature = leaf[first], feature[first]

    inputs = np.bincount(leaf, minlength=len(ends))
    slot = np.arange(len(leaf)) - (np.cumsum(inputs) - inputs)[leaf]
    chunk = _chunks(inputs, output)
    placed = np.lexsort((leaf, slot, chunk[leaf]))
    position = np.empty_like(placed)
    position[placed] = np.arange(len(placed))
    moved = np.argsort(position[entry], kind="stable")
    starts = np.flatnonzero(np.diff(position[entry][moved], prepend=-1) != 0)
    columns = column_of_input[feature[placed]]
    values = arrays["value"][ends]
    return Paths(
        condition[moved], starts, list(_groups(inputs, output, chunk, shares[placed], values, columns, leaf[placed]))
    )


def _climbed(arrays: Mapping[str, npt.NDArray[Any]], ends: Places) -> tuple[Places, Places, Places, Numbers]:
    """Each node on the way to each leaf: the leaf, the condition, the input and the share that go on."""
    feature, asks = arrays["feature"], np.flatnonzero(arrays["feature"] >= 0)
    feature = feature.astype(np.int32)  # half the memory: there may be a million conditions
    parent, answered = np.full(len(feature), -1, dtype=np.int32), np.zeros(len(feature), dtype=np.int32)
    for side, answer in (("yes", 1), ("no", 0)):
        parent[arrays[side][asks]], answered[arrays[side][asks]] = asks, answer
    found: list[tuple[Places, Places, Places, Numbers]] = []
    leaf, node = np.arange(len(ends), dtype=np.int32), ends
    while len(node):
        above = parent[node]
        kept = above >= 0
        leaf, node, above = leaf[kept], node[kept], above[kept]
        found.append((leaf, 2 * above + answered[node], feature[above], arrays["share"][node]))
        node = above
    leaves, conditions, features, shares = (np.concatenate(part) for part in zip(*found, strict=True))
    return leaves, conditions, features, shares


def _outputs(arrays: Mapping[str, npt.NDArray[Any]]) -> Places:
    """The output of each node's tree."""
    sizes = np.diff(arrays["roots"], append=len(arrays["feature"]))
    return np.repeat(arrays["output"], sizes).astype(np.int64)


def _chunks(inputs: Places, output: Places) -> Places:
    """A number for each leaf: equal for those that are worked on at once."""
    order = np.lexsort((output, inputs))
    chunk = np.empty(len(inputs), dtype=np.int64)
    count, room, last = -1, 0, (-1, -2)
    for leaf in order.tolist():
        kind = (int(inputs[leaf]), int(output[leaf]))
        if kind != last or not room:
            count, last = count + 1, kind
            room = max(1, _AT_ONCE // max(1, kind[0] * ((kind[0] + 1) // 2)))
        chunk[leaf] = count
        room -= 1
    return chunk


def _groups(
    inputs: Places, output: Places, chunk: Places, shares: Numbers, values: Numbers, columns: Places, leaf: Places
) -> Iterator[Leaves]:
    start = 0
    for number in range(int(chunk.max()) + 1):
        members = np.flatnonzero(chunk == number)
        depth, count = int(inputs[members[0]]), len(members)
        if not depth:
            continue  # a tree of one leaf says the same of every row
        part = slice(start, start + depth * count)
        start = part.stop
        order = leaf[part][:count]
        yield Leaves(int(output[order[0]]), part, shares[part].reshape(depth, count), values[order], columns[part])
