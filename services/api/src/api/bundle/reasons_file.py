"""Reads ``reasons.npz``, which comes from outside: arrays without pickle, of the kinds and sizes of docs/formats."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from api.errors import BundleRefusedError

# docs/formats/limits.json
LARGEST_REASONS = 128 * 1024 * 1024
MOST_CONDITIONS = 2_000_000

Arrays = Mapping[str, npt.NDArray[Any]]

_INPUTS = {"fill": "f1", "source": "i1", "equal": "f1", "first": "f1", "shift": "f1", "scale": "f1", "means": "f1"}
_INPUTS |= {"means_end": "i1"}
_LINEAR = {"weights": "f2", "usual": "f1", "base": "f1"}
_TREES = {"feature": "i1", "threshold": "f1", "yes": "i1", "no": "i1", "gaps": "b1", "share": "f1", "value": "f2"}
_TREES |= {"roots": "i1", "output": "i1", "member_node": "i1", "member_value": "f1", "below": "b0", "single": "b0"}
_TREES |= {"start": "f1"}
_MAY_BE_MISSING = {"fill", "equal", "threshold"}


def read_arrays(content: bytes, *, method: str, columns: int, outputs: set[int]) -> Arrays:
    """The arrays of a model whose encoded table has ``columns`` columns; it has one of these numbers of raw scores.

    Raises BundleRefusedError: they are not what the format says.
    """
    kinds = _INPUTS | (_LINEAR if method == "linear" else _TREES)
    arrays = _loaded(content, set(kinds))
    for name, kind in kinds.items():
        array = arrays[name]
        _expect(array.dtype.kind == kind[0] and array.ndim == int(kind[1]), name)
        _expect(kind[0] != "f" or name in _MAY_BE_MISSING or bool(np.isfinite(array).all()), name)
    _check_inputs(arrays, columns)
    if method == "linear":
        inputs = len(arrays["source"])
        _expect(len(arrays["base"]) in outputs, "base")
        _expect(arrays["weights"].shape == (len(arrays["base"]), inputs) and len(arrays["usual"]) == inputs, "weights")
    else:
        _check_trees(arrays, outputs)
    return arrays


def _loaded(content: bytes, names: set[str]) -> dict[str, npt.NDArray[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            entries = file.infolist()
            _expect({entry.filename for entry in entries} == {f"{name}.npy" for name in names}, "names")
            _expect(len(entries) == len(names) and sum(entry.file_size for entry in entries) <= LARGEST_REASONS, "size")
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            return {name: found[name] for name in names}
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, NotImplementedError) as error:
        raise BundleRefusedError("schema", f"reasons.npz can't be read: {type(error).__name__}") from error


def _check_inputs(arrays: Arrays, columns: int) -> None:
    source, inputs = arrays["source"], len(arrays["source"])
    _expect(len(arrays["fill"]) == columns, "fill")
    _expect(inputs > 0 and _within(source, 0, columns), "source")
    for name in ("equal", "first", "shift", "scale", "means_end"):
        _expect(len(arrays[name]) == inputs, name)
    _expect(bool((arrays["scale"] != 0).all()), "scale")
    ends = np.concatenate([[0], arrays["means_end"]])
    _expect(bool((np.diff(ends) >= 0).all()) and ends[-1] == len(arrays["means"]), "means_end")


def _check_trees(arrays: Arrays, outputs: set[int]) -> None:
    feature, nodes, inputs = arrays["feature"], len(arrays["feature"]), len(arrays["source"])
    count, roots = len(arrays["start"]), arrays["roots"]
    _expect(count in outputs, "start")
    _expect(nodes > 0 and _within(feature, -1, inputs), "feature")
    for name in ("threshold", "yes", "no", "gaps", "share", "value"):
        _expect(len(arrays[name]) == nodes, name)
    _expect(len(roots) > 0 and roots[0] == 0 and bool((np.diff(roots) > 0).all()) and roots[-1] < nodes, "roots")
    _expect(len(arrays["output"]) == len(roots) and _within(arrays["output"], -1, count), "output")
    wide = count if (arrays["output"] < 0).any() else 1
    _expect(arrays["value"].shape[1] == wide, "value")
    _expect(bool(((arrays["share"] >= 0) & (arrays["share"] <= 1)).all()), "share")
    _expect(len(arrays["member_node"]) == len(arrays["member_value"]), "member_value")
    _expect(_within(arrays["member_node"], 0, nodes) and bool((feature[arrays["member_node"]] >= 0).all()), "members")
    _check_branches(arrays, nodes)


def _check_branches(arrays: Arrays, nodes: int) -> None:
    """Each node but a root follows one other that stands before it in the same tree; the ways have a bounded length."""
    asks = np.flatnonzero(arrays["feature"] >= 0)
    children = np.concatenate([arrays["yes"][asks], arrays["no"][asks]]).astype(np.int64)
    parents = np.concatenate([asks, asks])
    _expect(_within(children, 0, nodes) and bool((children > parents).all()), "yes")
    followed = np.bincount(children, minlength=nodes)
    followed[arrays["roots"]] += 1
    _expect(bool((followed == 1).all()), "no")
    depth = np.zeros(nodes, dtype=np.int64)
    yes, no = arrays["yes"].tolist(), arrays["no"].tolist()
    for node in asks.tolist():
        depth[yes[node]] = depth[no[node]] = depth[node] + 1
    _expect(int(depth[arrays["feature"] < 0].sum()) <= MOST_CONDITIONS, "conditions")


def _within(values: npt.NDArray[Any], low: int, past: int) -> bool:
    return bool(((values >= low) & (values < past)).all())


def _expect(condition: bool, what: str) -> None:
    if not condition:
        raise BundleRefusedError("schema", f"reasons.npz does not have the {what} that the format says")
