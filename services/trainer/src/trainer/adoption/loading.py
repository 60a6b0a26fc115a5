"""A model's file as a fitted estimator. A pickle runs the code that is in it, so this works in the child alone."""

import pickle
import re
import warnings
from pathlib import Path
from typing import Any

import sklearn
from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from trainer.adoption.boosted_file import read_lightgbm, read_xgboost, short
from trainer.adoption.graph_file import read_graph
from trainer.adoption.graph_model import GraphModel
from trainer.adoption.origin import DAMAGED, Origin
from trainer.errors import AdoptionError

OF_THE_NOTEBOOK = re.compile(r"Can't get attribute '(\w+)' on <module '(?:[\w.]*__main__|trainer\.adoption\.child)'")
"""The pickle names a class or function of `__main__`, which is another program here."""
# skops does not trust these by itself; in the hands of scikit-learn they are no more than data.
TRUSTED_TYPES = frozenset(
    {
        "sklearn.tree._tree.Tree",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn.compose._column_transformer._RemainderColsList",
        "sklearn.model_selection._split.KFold",
        "sklearn.model_selection._split.StratifiedKFold",
        "sklearn._loss.link.HalfLogitLink",
        "sklearn._loss.link.Interval",
        "sklearn._loss.link.LogitLink",
        "sklearn._loss.link.MultinomialLogit",
        "sklearn._loss.link.IdentityLink",
        "sklearn._loss.loss.HalfBinomialLoss",
        "sklearn._loss.loss.HalfMultinomialLoss",
        "sklearn._loss.loss.HalfSquaredError",
        "sklearn.linear_model._sgd_fast.Hinge",
        "sklearn.linear_model._sgd_fast.Log",
        "numpy.asarray",
        "numpy.dtype",
    }
)


def load(origin: Origin) -> tuple[Any, list[str]]:
    """The estimator, and what a person should know about how it was read. Raises AdoptionError."""
    if origin.format == "onnx":
        return _onnx(origin.path), []
    readers = {"pickle": _pickle, "skops": _skops, "lightgbm": read_lightgbm, "xgboost": read_xgboost}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = readers[origin.format](origin.path)
    notes = sorted(
        {
            f"it was saved by scikit-learn {one.message.original_sklearn_version} and read by {sklearn.__version__}: "
            "what is proved and graded is the model as it was read"
            for one in caught
            if isinstance(one.message, InconsistentVersionWarning)
        }
    )
    _check(model, origin.path.name)
    return model, notes


def _pickle(path: Path) -> Any:
    import joblib

    try:
        return joblib.load(path)
    except ModuleNotFoundError as error:
        raise AdoptionError(
            f"{path.name} needs the module {error.name!r}, which the trainer does not have; "
            "put its file into the folder models/, or save the model without it"
        ) from error
    except Exception as error:
        # Unpickling raises whatever the objects in the file raise.
        if own := OF_THE_NOTEBOOK.search(str(error)):
            raise AdoptionError(
                f"{path.name} needs {own[1]}, which was defined in the notebook or script itself; move it into a file "
                f"of models/, import it from there (`from my_module import {own[1]}`) and save the model again"
            ) from error
        raise AdoptionError(
            f"{path.name} can't be read ({short(error)}): it is cut off, or of another version than "
            f"scikit-learn {sklearn.__version__}; save it again with that version"
        ) from error


def _skops(path: Path) -> Any:
    import skops.io as skops
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        untrusted = sorted(set(skops.get_untrusted_types(file=path)) - TRUSTED_TYPES)
        if untrusted:
            raise AdoptionError(
                f"{path.name} holds types that are code of its own: {', '.join(untrusted[:5])}; "
                "save the model as .joblib and adopt it with TRUST=1, or without them"
            )
        return skops.load(path, trusted=sorted(TRUSTED_TYPES))
    except (AdoptionError, UntrustedTypesFoundException):
        raise
    except Exception as error:
        # A damaged archive raises whatever the reader of that part raises.
        raise AdoptionError(f"{path.name} can't be read as a skops file ({short(error)}): {DAMAGED}") from error


def _onnx(path: Path) -> GraphModel:
    content = path.read_bytes()
    return GraphModel(read_graph(content, path.name), content, path.name)


def _check(model: Any, name: str) -> None:
    if not isinstance(model, BaseEstimator) or not hasattr(model, "predict"):
        kind = type(model).__name__
        raise AdoptionError(f"{name} holds a {kind}, not a fitted estimator or pipeline of scikit-learn")
    try:
        check_is_fitted(model)
    except NotFittedError as error:
        raise AdoptionError(f"{name} holds a {type(model).__name__} that was never fitted") from error
    except (TypeError, pickle.PickleError):
        pass  # an estimator that does not say whether it is fitted
    _check_categories(model, name)


def _check_categories(model: Any, name: str) -> None:
    """LightGBM and XGBoost split by categories of pandas, whose texts only the library itself turns into codes."""
    last = model.steps[-1][1] if isinstance(model, Pipeline) else model
    known = bool(getattr(getattr(last, "booster_", None), "pandas_categorical", None))
    if hasattr(last, "get_booster"):
        known = "c" in (last.get_booster().feature_types or [])
    if known:
        raise AdoptionError(
            f"{name} splits by pandas' categories ({type(last).__name__}), which have no ONNX form; fit it behind "
            "OrdinalEncoder(handle_unknown='use_encoded_value', unknown_value=-1) in a pipeline, or name LightGBM or "
            "XGBoost in params.yaml, which encodes the categories of the contract itself"
        )
