"""`estimator: my_module:make`: a function in models/ that returns an estimator. It runs in the trainer only."""

import importlib
import inspect
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from sklearn.base import BaseEstimator, is_classifier, is_regressor

from trainer.errors import ParamsError

FOLDER = "models"
SECONDS = 60.0
"""The time for importing the file and for the function."""
CALIBRATED = "put it into CalibratedClassifierCV"
INSTEAD = dict.fromkeys(("OneVsOneClassifier", "OutputCodeClassifier"), "use OneVsRestClassifier")
"""Replacements for the classes that calibration does not help, as their decisions have no ONNX form."""


def own_estimator(name: str, arguments: Mapping[str, Any], task: str, root: Path, seconds: float = SECONDS) -> Any:
    """The unfitted estimator or pipeline that the function returns for `arguments`.

    Raises ParamsError that says what to change in the file.
    """
    module, function = name.split(":")
    file = root / FOLDER / f"{module}.py"
    if not file.is_file():
        raise ParamsError(f"params.yaml: {name}: the file {FOLDER}/{module}.py does not exist")
    try:
        with _deadline(seconds), _on_path(file.parent):
            found = getattr(importlib.import_module(module), function, None)
            if not callable(found):
                raise ParamsError(f"{FOLDER}/{module}.py has no function {function}")
            made = found(**arguments)
    except ParamsError:
        raise
    except TimeoutError as error:
        raise ParamsError(f"{name} did not return within {seconds:g} s") from error
    except (Exception, SystemExit) as error:
        raise ParamsError(f"{name} raised {type(error).__name__}: {str(error).partition(chr(10))[0]}") from error
    return checked(made, name, task)


def checked(made: Any, name: str, task: str) -> Any:
    """The result of the function `name`, where it is an unfitted estimator for the task. Raises ParamsError."""
    if made is None:
        raise ParamsError(f"{name} returned nothing; it must return an estimator (is the `return` missing?)")
    if inspect.isclass(made):
        raise ParamsError(f"{name} returned the class {made.__name__}; return an instance: {made.__name__}()")
    # Of a stack or a self-training, nobody knows before `fit` which methods the estimator inside has.
    late = not hasattr(made, "predict") and hasattr(type(made), "predict")
    if not (isinstance(made, BaseEstimator) and hasattr(made, "fit") and (late or hasattr(made, "predict"))):
        raise ParamsError(f"{name} returned {type(made).__name__}, which is not an estimator of scikit-learn's kind")
    try:
        tags = made.__sklearn_tags__()
    except Exception as error:
        # One around another estimator that it was not given has nothing to ask.
        kind = type(made).__name__
        raise ParamsError(f"{name} returned {kind}, which can't be asked; has it the estimator inside it?") from error
    kind = "classification" if is_classifier(made) else "regression" if is_regressor(made) else "neither"
    if kind != task:
        raise ParamsError(f"{name} returned {type(made).__name__}, which is for {kind}; the contract's task is {task}")
    if not tags.target_tags.single_output:
        raise ParamsError(
            f"{name} returned {type(made).__name__}, which answers several targets at once; the contract has one: "
            "return the estimator inside it, or the one without Multi in its name"
        )
    if task == "classification" and not late and not hasattr(made, "predict_proba"):
        kind = type(made).__name__
        raise ParamsError(
            f"{name} returned {kind}, which has no predict_proba; {INSTEAD.get(kind) or _calibrated(made)}"
        )
    return made


def _calibrated(made: Any) -> str:
    """The way to probabilities: around the estimator, or around the one inside it that has none."""
    kind = type(made).__name__
    if getattr(made, "voting", None) == "hard":
        return "use voting='soft'"
    inner = getattr(made, "estimator", None) or getattr(made, "final_estimator", None)
    if inner is None or kind.startswith("Bagging"):
        return CALIBRATED
    return f"put {type(inner).__name__} inside it into CalibratedClassifierCV"


def own_modules() -> list[ModuleType]:
    """The files of models/ that this process has imported."""
    return [module for name, module in sys.modules.items() if _lies_in(module, FOLDER) and module.__name__ == name]


@contextmanager
def _on_path(folder: Path) -> Iterator[None]:
    # The file may have changed since another run in this process, and another checkout may have one of that name.
    for module in own_modules():
        del sys.modules[module.__name__]
    importlib.invalidate_caches()
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _lies_in(module: Any, folder: str) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and Path(file).parent.name == folder and "." not in module.__name__


@contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """TimeoutError after that time. Only the main thread can be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
