"""A fitted pipeline as bytes: the same model gives the same bytes, in any process."""

import io
from typing import Any

import joblib
import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.tree._tree import Tree


def dump(pipeline: Pipeline) -> bytes:
    """The pipeline as joblib writes it, compressed.

    scikit-learn's tree nodes are C structs whose padding holds whatever the memory held before, and joblib writes it
    out. So every tree is rebuilt from zeroed memory first, in place; it predicts the same.
    """
    model = pipeline.named_steps["model"]
    for tree in np.ravel(getattr(model, "estimators_", [])):
        tree.tree_ = _zero_padded(tree.tree_)
    # A loaded object shares strings and arrays differently from a fresh one, and pickle writes that down: load once.
    return _dump(joblib.load(io.BytesIO(_dump(pipeline))))


def load(content: bytes) -> Pipeline:
    """Runs what the bytes say: only for files that this trainer made."""
    return joblib.load(io.BytesIO(content))


def _dump(value: Any) -> bytes:
    buffer = io.BytesIO()
    joblib.dump(value, buffer, compress=("zlib", 6))
    return buffer.getvalue()


def _zero_padded(tree: Tree) -> Tree:
    make, arguments, state = tree.__reduce__()
    nodes = np.zeros(state["nodes"].shape, dtype=state["nodes"].dtype)
    for field in nodes.dtype.names or ():
        nodes[field] = state["nodes"][field]
    rebuilt = make(*arguments)
    rebuilt.__setstate__({**state, "nodes": nodes})
    return rebuilt
