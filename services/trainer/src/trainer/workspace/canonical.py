"""A fitted pipeline as bytes: the same model gives the same bytes, in any process."""

import copyreg
import io
import pickle
import zlib
from typing import Any

import joblib
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline
from sklearn.tree._tree import Tree


def dump(estimator: BaseEstimator) -> bytes:
    """A compressed pickle, as `joblib.load` reads it.

    scikit-learn's tree nodes are C structs whose padding holds whatever the memory held before, and joblib's own dump
    copies them through a buffer with the same habit. So every tree is written from zeroed memory.
    """
    # A loaded object shares strings and arrays differently from a fresh one, and pickle writes that down: load once.
    return zlib.compress(_pickled(pickle.loads(_pickled(estimator))), 6)  # noqa: S301 - made one line above


def load(content: bytes) -> Pipeline:
    """Runs what the bytes say: only for files that this trainer made."""
    return joblib.load(io.BytesIO(content))


def _zero_padded(tree: Tree) -> tuple[Any, ...]:
    make, arguments, state = tree.__reduce__()
    nodes = np.zeros(state["nodes"].shape, dtype=state["nodes"].dtype)
    for field in nodes.dtype.names or ():
        nodes[field] = state["nodes"][field]
    return make, arguments, {**state, "nodes": nodes}


def _pickled(estimator: BaseEstimator) -> bytes:
    file = io.BytesIO()
    pickler = pickle.Pickler(file, protocol=5)
    pickler.dispatch_table = copyreg.dispatch_table | {Tree: _zero_padded}
    pickler.dump(estimator)
    return file.getvalue()
