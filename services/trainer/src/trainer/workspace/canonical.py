"""A fitted pipeline as bytes: the same model gives the same bytes, in any process."""

import io
import pickle
import zlib

import joblib
import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.tree._tree import Tree


def dump(pipeline: Pipeline) -> bytes:
    """A compressed pickle, as `joblib.load` reads it. Trees are rebuilt in place; they predict the same.

    scikit-learn's tree nodes are C structs whose padding holds whatever the memory held before, and joblib's own dump
    copies them through a buffer with the same habit. So every tree is rebuilt from zeroed memory, and pickled whole.
    """
    model = pipeline.named_steps["model"]
    for tree in np.ravel(getattr(model, "estimators_", [])):
        tree.tree_ = _zero_padded(tree.tree_)
    # A loaded object shares strings and arrays differently from a fresh one, and pickle writes that down: load once.
    return zlib.compress(_pickled(pickle.loads(_pickled(pipeline))), 6)  # noqa: S301 - made one line above


def load(content: bytes) -> Pipeline:
    """Runs what the bytes say: only for files that this trainer made."""
    return joblib.load(io.BytesIO(content))


def _pickled(pipeline: Pipeline) -> bytes:
    return pickle.dumps(pipeline, protocol=5)


def _zero_padded(tree: Tree) -> Tree:
    make, arguments, state = tree.__reduce__()
    nodes = np.zeros(state["nodes"].shape, dtype=state["nodes"].dtype)
    for field in nodes.dtype.names or ():
        nodes[field] = state["nodes"][field]
    rebuilt = make(*arguments)
    rebuilt.__setstate__({**state, "nodes": nodes})
    return rebuilt
