"""A foreign pipeline over the one table of numbers that the served model gets (docs/formats): what is converted.

The encoders of its categories become tables; the rest of its steps stays as it is.
"""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder

from trainer.adoption.description import ENCODERS, KnownValues, branches_of, inner_of, steps_of
from trainer.adoption.lookup_table import tabulate
from trainer.adoption.meta_estimators import replaced
from trainer.adoption.steps import ColumnOrder, TableNumbers, ToFloat32
from trainer.contract.columns import Column, Moment, Number
from trainer.errors import AdoptionError

BY_COLUMN = (*ENCODERS, SimpleImputer)
"""Steps that treat each column by itself."""
SINGLE_TREES = ("sklearn.tree", "sklearn.ensemble._forest", "sklearn.ensemble._gb")
"""Modules whose trees compare in float32."""


def rewritten(
    model: Any,
    columns: Sequence[Column],
    reads: Sequence[str],
    known: dict[str, KnownValues],
    decimals: Sequence[float],
    classes: int,
) -> Pipeline:
    """A pipeline for rows [n, columns] of numbers whose last step is named `model` and answers indices of classes.

    `columns` are the contract's, and `decimals` their `steps_of`; `reads` are the same by name, in the order of the
    model. Raises AdoptionError.
    """
    if dates := [one.name for one in columns if isinstance(one, Moment)]:
        raise AdoptionError(f"{', '.join(dates)}: an adopted model reads no dates; give it numbers made of them")
    restored: list[Any] = []
    if any(decimals) or any(isinstance(one, Number) and one.scale is not None for one in columns):
        restored.append(TableNumbers.of(columns, decimals))
    steps, last = _over(model, columns, reads, known)
    named = [(f"step{at}", step) for at, step in enumerate([*restored, *steps])]
    return Pipeline([*named, ("model", numbered(last, classes))])


def _over(
    model: Any, columns: Sequence[Column], reads: Sequence[str], known: dict[str, KnownValues]
) -> tuple[list[Any], Any]:
    """A model as (steps before, estimator) that take one number for each of `columns`, in their order."""
    *before, last = steps_of(model)
    places = {one.name: at for at, one in enumerate(columns)}
    order = [places[name] for name in reads]
    picked: list[Any] = [] if order == list(range(len(columns))) else [ColumnOrder(order)]
    if inner_of(model):
        read = [columns[at] for at in order]

        def inside(held: Any) -> Pipeline:
            steps, estimator = _over(held, read, reads, known)
            return Pipeline([*((f"step{at}", step) for at, step in enumerate(steps)), ("model", estimator)])

        return picked, replaced(last, inside)
    steps: list[Any] = []
    if before and isinstance(before[0], ColumnTransformer):
        names = [str(name) for name in getattr(model, "feature_names_in_", reads)]
        steps.append(_columns(before[0], names, columns, known))
        before = before[1:]
    else:
        steps += picked
        before, encoding = _encoding(before, known)
        read = [columns[at] for at in order]
        if encoding:
            whole = Pipeline([(f"step{at}", one) for at, one in enumerate(encoding)])
            steps.append(tabulate(whole, read, known, one=False))
        elif texts := [one.name for one in columns if one.kind == "category"]:
            raise AdoptionError(f"{', '.join(texts)} hold text, and no encoder of the model makes numbers of it")
    steps += before
    if type(last).__module__.startswith(SINGLE_TREES):
        steps.append(ToFloat32(int(last.n_features_in_)))
    return steps, last


def numbered(estimator: Any, classes: int) -> Any:
    """A copy that answers the index of a class, in the order of its probabilities. A regressor stays as it is."""
    if not classes:
        return estimator
    found, indices = copy.deepcopy(estimator), np.arange(classes)
    for name in ("_le", "le_", "_label_encoder"):
        if isinstance(getattr(found, name, None), LabelEncoder):
            getattr(found, name).classes_ = indices
    for name in ("_classes", "classes_"):
        try:
            if hasattr(found, name):
                setattr(found, name, indices)
        except AttributeError:
            continue  # a property of the one that was set
    return found


def _columns(
    transformer: ColumnTransformer, names: Sequence[str], columns: Sequence[Column], known: dict[str, KnownValues]
) -> ColumnTransformer:
    if transformer.transformer_weights:
        raise AdoptionError("ColumnTransformer(transformer_weights=…) has no converter; scale the columns instead")
    places = {one.name: at for at, one in enumerate(columns)}
    parts: list[tuple[str, Any, list[int]]] = []
    for name, step, where in branches_of(transformer, names):
        mine = [columns[places[names[place]]] for place in where]
        made = _branch(step, mine, known, one=_takes_one(transformer, name))
        parts.append((name, made, [places[one.name] for one in mine]))
    return _built(parts, len(columns))


def _built(parts: Sequence[tuple[str, Any, list[int]]], width: int) -> ColumnTransformer:
    """A fitted one is made of stand-ins, which what was fitted elsewhere then replaces (None: passes through).

    Numbers are their names, because scikit-learn takes no transformer that is named `remainder`.
    """
    standing = [(f"branch{at}", "passthrough", where) for at, (_, _, where) in enumerate(parts)]
    made = ColumnTransformer(standing, sparse_threshold=0).fit(np.zeros((1, width)))
    made.transformers_ = [
        (name, old if new is None else new, where)
        for (name, new, where), (_, old, _) in zip(parts, made.transformers_[: len(parts)], strict=True)
    ]
    return made


def _branch(step: Any, columns: Sequence[Column], known: dict[str, KnownValues], *, one: bool) -> Any:
    encodes = any(isinstance(part, ENCODERS) for part in steps_of(step))
    if step is None or (not encodes and all(isinstance(column, Number) for column in columns)):
        if texts := [column.name for column in columns if column.kind == "category"]:
            raise AdoptionError(f"{', '.join(texts)} hold text and reach the estimator as they are")
        return step
    return tabulate(step, columns, known, one=one)


def _takes_one(transformer: ColumnTransformer, branch: str) -> bool:
    return any(name == branch and isinstance(columns, str) for name, _, columns in transformer.transformers_)


def _encoding(steps: list[Any], known: dict[str, KnownValues]) -> tuple[list[Any], list[Any]]:
    """The other steps, and those at the start that encode all columns, each by itself; none without an encoder."""
    count = 0
    while known and count < len(steps) and isinstance(steps[count], BY_COLUMN):
        count += 1
    return steps[count:], steps[:count]
