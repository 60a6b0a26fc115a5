"""The own files of LightGBM and XGBoost as fitted estimators, read by the library, which reads data."""

import json
import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.preprocessing import LabelEncoder

from trainer.adoption.origin import DAMAGED
from trainer.errors import AdoptionError
from trainer.workspace.confined import MIB, tighter

READING_MEMORY, SIZES = 256 * MIB, 30
"""The memory for reading a file of LightGBM or XGBoost: bytes, and times its size."""
READING_SECONDS, BYTES_A_SECOND = 10, MIB // 2
"""The CPU time for it."""


def read_lightgbm(path: Path) -> Any:
    """An LGBMClassifier or LGBMRegressor. Raises AdoptionError."""
    import lightgbm

    try:
        with _held(path):
            booster = lightgbm.Booster(model_file=path)
            objective = str(booster.dump_model(num_iteration=1).get("objective", "custom")).split(" ")[0]
    except Exception as error:
        raise AdoptionError(f"{path.name} can't be read as a LightGBM model ({short(error)}): {DAMAGED}") from error
    outputs = booster.num_model_per_iteration()
    classes = outputs if outputs > 1 else 2
    classifies = objective in {"binary", "multiclass", "multiclassova", "cross_entropy"}
    model: Any = lightgbm.LGBMClassifier() if classifies else lightgbm.LGBMRegressor()
    # The library has no way from a file back to its scikit-learn interface; `fit` sets these.
    width = booster.num_feature()
    found = {"_Booster": booster, "fitted_": True, "_objective": objective, "_evals_result": None}
    found |= {"_n_features": width, "_n_features_in": width, "_best_iteration": booster.best_iteration}
    if classifies:
        indices = np.arange(classes)
        found |= {"_classes": indices, "_n_classes": classes, "_le": LabelEncoder().fit(indices)}
        found["_class_map"] = {int(one): int(one) for one in indices}
    vars(model).update(found)
    return model


def read_xgboost(path: Path) -> Any:
    """An XGBClassifier or XGBRegressor. Raises AdoptionError."""
    import xgboost

    try:
        with _held(path):
            booster = xgboost.Booster(model_file=path)
            objective = str(json.loads(booster.save_config())["learner"]["objective"]["name"])
            if objective.startswith("rank:"):
                raise AdoptionError(
                    f"{path.name} ranks rows ({objective}); a model answers a class or a number for each row"
                )
            classifies = objective.startswith(("binary:", "multi:"))
            model: Any = xgboost.XGBClassifier() if classifies else xgboost.XGBRegressor()
            model.load_model(path)
    except AdoptionError:
        raise
    except Exception as error:
        raise AdoptionError(f"{path.name} can't be read as an XGBoost model ({short(error)}): {DAMAGED}") from error
    return model


def _held(path: Path) -> AbstractContextManager[None]:
    """A damaged count in a file of numbers asks for all the memory and time that there is."""
    size = path.stat().st_size
    return tighter(READING_MEMORY + SIZES * size, READING_SECONDS + size // BYTES_A_SECOND)


def short(error: Exception) -> str:
    """One line. XGBoost puts the time and the place in its source before what it says, and a stack trace behind it."""
    sentence = re.sub(r"\s+", " ", str(error).partition("Stack trace")[0]).strip()
    return re.sub(r"^\[[\d:]+\] \S+:\d+: ", "", sentence)[:160] or type(error).__name__
