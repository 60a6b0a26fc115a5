"""The key that a misspelt one was meant to be, from the models that describe the file."""

from collections.abc import Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel


def near_key(model: Any, steps: Sequence[str]) -> str | None:
    """The known key at the place `steps` (keys, and indices as text) below `model` that is most like the last step."""
    found = get_close_matches(steps[-1].lower(), sorted(_keys(model, steps[:-1])), 1, cutoff=0.7)
    return found[0] if found else None


def _keys(annotation: Any, steps: Sequence[str]) -> set[str]:
    """The keys that may be at that place; none where it holds anything or no mapping."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _keys(inner[0], steps)
    if origin in (Union, UnionType):
        return set().union(*(_keys(one, steps) for one in inner))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not steps:
            return set(annotation.model_fields)
        field = annotation.model_fields.get(steps[0])
        return set() if field is None else _keys(field.annotation, steps[1:])
    # A list, a tuple or a mapping: one step leads to any of its values.
    return set().union(*(_keys(one, steps[1:]) for one in inner)) if steps else set()
