"""Where a model is refused: what to use instead, by its class, its settings or the estimator inside it."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from trainer.conversion.unconvertible import INSTEAD, OTHERWISE

MEASURES = {"euclidean", "manhattan", "minkowski", "cosine", "l1", "l2", "cityblock", "sqeuclidean"}
OBJECTIVES = {"binary:logistic", "multi:softprob", "multi:softmax"}
WAYS = re.compile(r"\b(use|leave|fit one|put it into|set|declare|scale the columns)\b")
"""Words that name a way out."""


def advised(message: str, model: Any) -> str:
    """The message, with the way out at its end where it names none."""
    return message if WAYS.search(message) else f"{message}; {way_out(model)}"


def way_out(model: Any) -> str:
    """The words that follow a refusal of the fitted or unfitted `model`."""
    for part in _within(model):
        name = type(part).__name__
        for start, rule in RULES:
            if name.startswith(start) and (words := rule(part)):
                return f"use {words}"
        if name in INSTEAD:
            return f"use {INSTEAD[name]}"
    return f"use {OTHERWISE}"


def _boosted(model: Any) -> str | None:
    if getattr(model, "objective", None) in {None, *OBJECTIVES}:
        return None
    return "objective binary:logistic for two classes and multi:softprob for more"


def _bagged(model: Any) -> str | None:
    inner = _inner(model)
    if inner is None or "Tree" in type(inner).__name__:
        return None
    forest = "RandomForestClassifier" if type(model).__name__.endswith("Classifier") else "RandomForestRegressor"
    kind = type(inner).__name__
    by_itself = f"CalibratedClassifierCV around {kind}" if not hasattr(inner, "predict_proba") else kind
    by_itself = kind if forest.endswith("Regressor") else by_itself
    return f"{by_itself} without bagging, or {forest}"


def _one_of_several(model: Any) -> str | None:
    inner = _inner(model)
    return None if inner is None else f"{type(inner).__name__} by itself: it takes several classes"


def _neighbours(model: Any) -> str | None:
    if model.metric not in MEASURES:
        return "metric: euclidean or manhattan"
    return None if model.weights == "uniform" else "weights: uniform"


def _inner(model: Any) -> Any:
    return getattr(model, "estimator", None)


Rule = Callable[[Any], str | None]
RULES: Sequence[tuple[str, Rule]] = (
    *((name, _boosted) for name in ("XGBClassifier", "XGBRFClassifier")),
    ("Bagging", _bagged),
    *((name, _one_of_several) for name in ("OneVsRest", "OneVsOne", "OutputCode")),
    *((name, _neighbours) for name in ("KNeighborsClassifier", "KNeighborsRegressor")),
)


def _within(model: Any) -> Iterator[Any]:
    """The steps of a pipeline and what votes, stacks and calibrations hold, then what is left."""
    several = getattr(model, "steps", None) or getattr(model, "estimators", None)
    if isinstance(several, list) and all(isinstance(one, tuple) for one in several):
        for pair in several:
            yield from _within(pair[1])
    elif type(model).__name__ in {"CalibratedClassifierCV", "TransformedTargetRegressor"}:
        yield from _within(_inner(model) or getattr(model, "regressor", None))
    yield model
