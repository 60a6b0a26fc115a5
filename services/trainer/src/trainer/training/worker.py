"""The part of a search that runs on a worker: one fit on one fold."""

import platform
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import cloudpickle
import joblib
from threadpoolctl import threadpool_limits

from trainer.errors import SearchError
from trainer.training.validation import Fold, Validation, fold_of

LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "joblib", "lightgbm", "xgboost-cpu")
Identity = dict[str, str]


@cache
def identity() -> Identity:
    """By what two processes are known to fit alike: the trainer's own code, Python, the processor's type, libraries."""
    code = sha256()
    root = Path(__file__).parents[1]
    for file in sorted(root.rglob("*.py")):
        code.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    machine = {"python": platform.python_version(), "processor": platform.machine()}
    return {"trainer": code.hexdigest()[:12], **machine, **{name: _version(name) for name in LIBRARIES}}


def differences(other: Identity) -> str:
    """Words for what another process has and this one has not; empty where they are alike."""
    own = identity()
    names = sorted(own.keys() | other.keys())
    return ", ".join(
        f"{name} {other.get(name, 'none')} there and {own.get(name, 'none')} here"
        for name in names
        if own.get(name) != other.get(name)
    )


def fold_on_worker(validation: Validation, code: bytes, number: int, asked: Identity) -> Fold:
    """Fit and answer one fold in one thread.

    Raises ValueError where the estimator can't be fitted, SearchError where this worker joined with another trainer.
    """
    if found := differences(asked):
        raise SearchError(f"a worker is not like the trainer that asks it: asked by {found}")
    # Else a forest's own parallelism would be sent to the cluster, a task for each tree.
    with joblib.parallel_config(backend="sequential"), threadpool_limits(1):
        return fold_of(cloudpickle.loads(code), validation, number)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
