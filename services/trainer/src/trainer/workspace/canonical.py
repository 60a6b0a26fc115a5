"""A fitted pipeline as bytes: the same model gives the same bytes, in any process."""

import copyreg
import io
import pickle
import sys
import zlib
from types import FunctionType
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
    # A fitted estimator and a loaded one share strings and arrays differently, and pickle writes that down: load once.
    loaded = _Interning(io.BytesIO(_pickled(estimator, _Named))).load()
    return zlib.compress(_pickled(loaded, _Canonical), 6)


def load(content: bytes) -> Pipeline:
    """Runs what the bytes say: only for files that this trainer made."""
    return joblib.load(io.BytesIO(content))


def _zero_padded(tree: Tree) -> tuple[Any, ...]:
    make, arguments, state = tree.__reduce__()
    nodes = np.zeros(state["nodes"].shape, dtype=state["nodes"].dtype)
    for field in nodes.dtype.names or ():
        nodes[field] = state["nodes"][field]
    return make, arguments, {**state, "nodes": nodes}


class _Canonical(pickle.Pickler):
    """Writes the same bytes of equal estimators whose strings are interned."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, Tree):
            return _zero_padded(obj)
        if isinstance(obj, type | FunctionType) or type(obj) in copyreg.dispatch_table or not _is_plain(type(obj)):
            return NotImplemented
        make, arguments, state, *more = obj.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
        if isinstance(state, dict):
            # Instances of a class share their keys with the first of them, which may have had strings of its own.
            state = {sys.intern(name): value for name, value in state.items()}
        return make, arguments, state, *more


class _Named(_Canonical):
    """Writes each string by its name, so that equal ones become one where it is read."""

    def persistent_id(self, obj: Any) -> str | None:
        return obj if type(obj) is str else None


class _Interning(pickle.Unpickler):
    def persistent_load(self, pid: str) -> str:
        return sys.intern(pid)


def _is_plain(kind: Any) -> bool:
    """Whether its instances are pickled by their attributes, as pickle itself does it."""
    return all(getattr(kind, name) is getattr(object, name) for name in ("__reduce__", "__reduce_ex__"))


def _pickled(estimator: BaseEstimator, pickler: type[pickle.Pickler]) -> bytes:
    file = io.BytesIO()
    pickler(file, protocol=5).dump(estimator)
    return file.getvalue()
