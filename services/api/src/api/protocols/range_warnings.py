"""Values that are answered all the same, though training saw none like them: the person decides what that is worth."""

from collections.abc import Iterable, Sequence
from typing import Any

from api.bundle.encoding import Value
from api.bundle.features import Category, Feature, Number

Warned = dict[str, Any]


def warnings(features: Sequence[Feature], row: Iterable[Value]) -> list[Warned]:
    """One for each value outside of the contract's range or categories."""
    return [
        told for feature, value in zip(features, row, strict=True) if (told := _warning(feature, value)) is not None
    ]


def sentence(told: Warned) -> str:
    """A warning for people."""
    if "categories" in told:
        return f"{told['feature']} is none of {', '.join(told['categories'])}"
    return f"{told['feature']} is outside {told['minimum']:g} to {told['maximum']:g}"


def _warning(feature: Feature, value: Value) -> Warned | None:
    if value is None:
        return None
    match feature:
        case Number():
            if isinstance(value, str) or feature.minimum <= value <= feature.maximum:
                return None
            return {"feature": feature.name, "value": value, "minimum": feature.minimum, "maximum": feature.maximum}
        case Category():
            if value in feature.categories:
                return None
            return {"feature": feature.name, "value": value, "categories": feature.categories}
    return None
