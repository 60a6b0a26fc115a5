"""An estimator with the arguments that params.yaml sets for it, each checked."""

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import InvalidParameterError

from trainer.candidates import Candidate, Inner, Value
from trainer.errors import ParamsError
from trainer.estimators import ESTIMATORS, Estimator
from trainer.ranges import ALL

_OURS = {
    *("random_state", "verbose", "verbosity", "warm_start", "estimators", "estimator", "final_estimator"),
    # Of XGBoost; they need a table of their own, or one that is not all numbers.
    *("early_stopping_rounds", "callbacks", "eval_metric", "enable_categorical", "feature_types"),
}
"""Arguments that params.yaml does not set."""


def estimator_with(candidate: Candidate | Inner, arguments: dict[str, Value], seed: int, classes: Sequence[str]) -> Any:
    """The estimator with its settings, checked, and with those inside it."""
    name, row = candidate.estimator, ESTIMATORS[candidate.estimator]
    estimator = _with_parts(candidate, row, seed, classes)
    known = set(estimator.get_params(deep=False)) - _OURS - ({"class_weight"} if row.task == "regression" else set())
    if unknown := sorted(set(arguments) - known):
        raise ParamsError(
            f"params.yaml: {name} has no argument {', '.join(unknown)}; it has {', '.join(sorted(known))}"
        )
    ranges = {**ALL, **row.ranges}
    for argument, value in arguments.items():
        if argument == "class_weight" and isinstance(value, Mapping):
            continue
        if argument in ranges and value is not None and (why := ranges[argument].refusal(value)):
            raise ParamsError(f"params.yaml: {argument} of {name} {why}. Got {value!r}")
    _check_votes(candidate, arguments)
    if "random_state" in estimator.get_params(deep=False):
        estimator.set_params(random_state=seed)
    estimator.set_params(**{key: _weights_by_index(key, value, classes) for key, value in arguments.items()})
    _validate(estimator)
    if row.form == "without probabilities":
        return CalibratedClassifierCV(estimator, ensemble=False)
    return estimator


def _check_votes(candidate: Candidate | Inner, arguments: Mapping[str, Value]) -> None:
    """Raises ParamsError where a vote has not one weight for each estimator under `of`."""
    inside = candidate.of if isinstance(candidate, Candidate) else None
    weights = arguments.get("weights")
    if not inside or not isinstance(weights, list):
        return
    if len(weights) != len(inside) or not any(weights):
        raise ParamsError(
            f"params.yaml: weights of {candidate.estimator} must be {len(inside)} numbers, one for each estimator "
            f"under `of`, and not all 0. Got {weights!r}"
        )


def _with_parts(candidate: Candidate | Inner, row: Estimator, seed: int, classes: Sequence[str]) -> Any:
    name = candidate.estimator
    try:
        if not isinstance(candidate, Candidate) or not candidate.of:
            return row.made(name)
        parts = [_part(one, seed, classes) for one in candidate.of]
        kind = getattr(__import__(row.module, fromlist=[name]), name)
    except ImportError as error:
        raise ParamsError(f"params.yaml: {name} needs the extra `boosted` of the trainer: {error}") from error
    if row.form == "of one":
        return kind(parts[0])
    # Probabilities, so that every estimator inside has its say in them.
    soft = {"voting": "soft"} if name == "VotingClassifier" else {}
    return kind([(f"part{place}", part) for place, part in enumerate(parts)], **soft)


def _part(inner: Inner, seed: int, classes: Sequence[str]) -> Any:
    row, made = ESTIMATORS[inner.estimator], estimator_with(inner, dict(inner.settings), seed, classes)
    return Pipeline([("scale", StandardScaler()), ("model", made)]) if row.scaled else made


def _validate(estimator: BaseEstimator) -> None:
    if not hasattr(estimator, "_parameter_constraints"):
        return
    try:
        estimator._validate_params()  # noqa: SLF001 - scikit-learn has no public name for it
    except InvalidParameterError as error:
        raise ParamsError(f"params.yaml: {error}") from error


def _weights_by_index(argument: str, value: Value, classes: Sequence[str]) -> Any:
    """Weights of classes by their index, as the estimators know them; every other value as it is."""
    if argument != "class_weight" or not isinstance(value, Mapping) or not classes:
        return value
    weights = {str(name): weight for name, weight in value.items()}
    if unknown := sorted(set(weights) - set(classes)):
        raise ParamsError(f"params.yaml: class_weight names {', '.join(unknown)}; the classes are {', '.join(classes)}")
    if wrong := [name for name, one in weights.items() if not isinstance(one, int | float) or one < 0]:
        raise ParamsError(f"params.yaml: class_weight of {', '.join(wrong)} must be a number from 0 to inf")
    return {place: weights.get(name, 1.0) for place, name in enumerate(classes)}
