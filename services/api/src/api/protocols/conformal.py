"""Intervals and sets of answers: checked before the model runs, spelled after it, and only where asked for."""

from collections.abc import Mapping
from typing import Any

import orjson

from api.bundle.certainty import Conformal
from api.errors import BadRequestError, NotOfferedError
from api.protocols.answer_options import AnswerOptions
from api.serving.answers import Answered
from api.serving.served_models import ServedModel


def asked_of(parameters: Mapping[str, Any]) -> AnswerOptions:
    """Read the parameters of a body that ask for more; others are ignored. Raises BadRequestError on a wrong one."""
    found = {name: parameters[name] for name in ("interval", "set") if name in parameters}
    for name, value in found.items():
        if not isinstance(value, bool):
            raise BadRequestError(f"the parameter {name} must be true or false")
    if parameters.get("explain") not in (None, False):
        raise BadRequestError(
            "reasons are answered by POST /predict?explain=true alone; leave the parameter explain out"
        )
    return AnswerOptions(**found)


def field_of(model: ServedModel, asked: AnswerOptions) -> str:
    """ "interval" or "set", whichever is asked for and fits the model; empty where neither is asked for.

    Raises:
        NotOfferedError: it does not fit the model's task, or the bundle lacks the numbers.
    """
    if not (asked.interval or asked.set):
        return ""
    manifest = model.bundle.manifest
    field, other = ("interval", asked.set) if manifest.task == "regression" else ("set", asked.interval)
    if other:
        raise NotOfferedError(f"version {model.version} is a {manifest.task}: ask for {field}=true")
    if manifest.conformal is None:
        raise NotOfferedError(
            f"version {model.version} has no numbers for {field}=true: it was made before they existed, or its "
            "hold-out has too few rows; train it again with more rows, or leave the parameter out"
        )
    return field


def values_of(answered: Answered) -> list[list[Any]]:
    """For each row ``[low, high]``, or the names of the classes in its set."""
    manifest = answered.model.bundle.manifest
    numbers = _numbers(answered)
    if manifest.task == "regression":
        return [list(numbers.interval(value)) for value in answered.probabilities[:, 0].tolist()]
    classes = manifest.target.classes
    return [[classes[label] for label in numbers.members(shares)] for shares in answered.probabilities.tolist()]


def members_of(answered: Answered, field: str) -> list[str]:
    """``"set":[...]`` or ``"interval":[...]`` of each row, as JSON."""
    return [f'"{field}":{orjson.dumps(value).decode()}' for value in values_of(answered)]


def _numbers(answered: Answered) -> Conformal:
    numbers = answered.model.bundle.manifest.conformal
    if numbers is None:
        raise NotOfferedError
    return numbers
