"""A fitted estimator describes itself: task, classes, inputs, and the values that its encoders know."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, TargetEncoder

from trainer.adoption.meta_estimators import held_in, opened
from trainer.errors import AdoptionError

ENCODERS = (OneHotEncoder, OrdinalEncoder, TargetEncoder)


@dataclass(frozen=True)
class KnownValues:
    """The values that an encoder knows of one column: texts, numbers or booleans."""

    values: tuple[Any, ...]
    answers_others: bool
    """Whether it takes a value that it does not know."""

    def joined(self, other: "KnownValues | None") -> "KnownValues":
        """With the values that another encoder knows of the same column."""
        if other is None:
            return self
        both = dict.fromkeys((*other.values, *self.values))
        return KnownValues(tuple(both), self.answers_others and other.answers_others)

    @property
    def texts(self) -> bool:
        return any(isinstance(value, str) for value in self.values)

    @property
    def booleans(self) -> bool:
        return bool(self.values) and all(isinstance(value, bool | np.bool_) for value in self.values)


@dataclass(frozen=True)
class ModelDescription:
    """A model made elsewhere, as far as its file describes it."""

    task: str
    estimator: str
    """The class that answers, without the steps before it."""
    width: int
    """How many columns the model was fitted on."""
    names: tuple[str, ...] = ()
    """The names of its columns, in its order; empty where it was fitted on an array."""
    classes: tuple[Any, ...] = ()
    """Its classes, in the order of its probabilities."""
    known: dict[str, KnownValues] = field(default_factory=dict)


def describe(model: Any, signature: Sequence[str] = ()) -> ModelDescription:
    """`signature` names the columns of a model that does not know them itself. Raises AdoptionError."""
    task = _task(model)
    width = _width(model)
    names = [str(name) for name in getattr(model, "feature_names_in_", [])]
    if not names:
        names = _of_booster(model) or (list(signature) if len(signature) == width else [])
    classes = _classes(model) if task == "classification" else ()
    known = _known(model, names)
    read = _read(model, names)
    return ModelDescription(
        task=task,
        estimator=type(steps_of(model)[-1]).__name__,
        width=width,
        names=tuple(name for name in names if name in read),
        classes=classes,
        known=known,
    )


def steps_of(model: Any) -> list[Any]:
    """The steps of a pipeline one after the other, those of pipelines inside it too; a model alone is one step."""
    model = opened(model)
    if not isinstance(model, Pipeline):
        return [] if model is None or (isinstance(model, str) and model == "passthrough") else [model]
    return [one for _, step in model.steps for one in steps_of(step)]


def inner_of(model: Any) -> Sequence[Any]:
    """The fitted pipelines inside a model without steps of its own, where one of them reads columns by itself."""
    steps = steps_of(model)
    held = held_in(steps[0]) if len(steps) == 1 else []
    return held if any(_reads_columns(one) for one in held) else []


def _reads_columns(model: Any) -> bool:
    return bool(inner_of(model)) or any(isinstance(one, (ColumnTransformer, *ENCODERS)) for one in steps_of(model))


def branches_of(transformer: ColumnTransformer, names: Sequence[str]) -> Iterator[tuple[str, Any, list[int]]]:
    """Name, fitted transformer (None for what passes through) and places of the columns of each branch that is kept."""
    for name, step, columns in transformer.transformers_:
        if isinstance(step, str) and step == "drop":
            continue
        passes = isinstance(step, str) or (isinstance(step, FunctionTransformer) and step.func is None)
        places = _places(columns, names, transformer.n_features_in_)
        if places:
            yield str(name), None if passes else step, places


def _places(columns: Any, names: Sequence[str], width: int) -> list[int]:
    if isinstance(columns, str):
        return [list(names).index(columns)]
    if isinstance(columns, slice):
        if isinstance(columns.start, str) or isinstance(columns.stop, str):
            first = list(names).index(columns.start) if columns.start else 0
            last = list(names).index(columns.stop) + 1 if columns.stop else width
            return list(range(first, last))
        return list(range(width))[columns]
    found = np.asarray(columns).ravel() if not np.isscalar(columns) else np.array([columns])
    if found.dtype == bool:
        return [int(place) for place in np.flatnonzero(found)]
    return [list(names).index(one) if isinstance(one, str) else int(one) % width for one in found.tolist()]


def _task(model: Any) -> str:
    if is_classifier(model):
        if not hasattr(model, "predict_proba"):
            raise AdoptionError(
                f"{type(steps_of(model)[-1]).__name__} has no predict_proba; "
                "fit it inside CalibratedClassifierCV, or with probability=True where it has that"
            )
        return "classification"
    if is_regressor(model):
        return "regression"
    raise AdoptionError(f"{type(model).__name__} is neither a classifier nor a regressor")


def _width(model: Any) -> int:
    width = getattr(model, "n_features_in_", None)
    if width is None:
        raise AdoptionError(f"{type(model).__name__} does not say how many columns it was fitted on")
    return int(width)


def _of_booster(model: Any) -> list[str]:
    """The columns in LightGBM's file; without names it calls them Column_0 and so on."""
    names = [str(name) for name in model.booster_.feature_name()] if hasattr(model, "booster_") else []
    return [] if names == [f"Column_{place}" for place in range(len(names))] else names


def _classes(model: Any) -> tuple[Any, ...]:
    found = model.classes_
    if isinstance(found, list) or np.ndim(found) != 1:
        raise AdoptionError("the model predicts several targets at once; adopt one model for each")
    return tuple(found.tolist())


def _known(model: Any, names: Sequence[str]) -> dict[str, KnownValues]:
    """By column, from the first encoder that each column comes to; of several models inside, what one of them knows."""
    merged: dict[str, KnownValues] = {}
    if inner := inner_of(model):
        for found in (_known(one, names) for one in inner):
            merged |= {name: known.joined(merged.get(name)) for name, known in found.items()}
        return merged
    first, *_ = [*steps_of(model), None]
    if isinstance(first, ColumnTransformer):
        for _, step, places in branches_of(first, names):
            if step is not None:
                merged |= _of_steps(steps_of(step), [names[place] for place in places] if names else [])
        return merged
    return _of_steps(steps_of(model)[:-1], list(names))


def _of_steps(steps: list[Any], names: list[str]) -> dict[str, KnownValues]:
    for step in steps:
        if isinstance(step, ENCODERS) and len(step.categories_) == len(names):
            # A TargetEncoder answers any value with the mean of the target.
            others = getattr(step, "handle_unknown", "ignore") != "error"
            return {
                name: KnownValues(tuple(value for value in values.tolist() if not _is_gap(value)), others)
                for name, values in zip(names, step.categories_, strict=True)
            }
    return {}


def _is_gap(value: Any) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


def _read(model: Any, names: Sequence[str]) -> set[str]:
    """The columns that the model looks at: columns that a ColumnTransformer drops need not be sent."""
    if inner := inner_of(model):
        return set().union(*(_read(one, names) for one in inner))
    first = steps_of(model)[0]
    if not isinstance(first, ColumnTransformer) or not names:
        return set(names)
    return {names[place] for _, _, places in branches_of(first, names) for place in places}
