"""Values that are answered all the same, though training saw none like them: the person decides what that is worth."""

from collections.abc import Iterable, Sequence
from typing import Any

from api.bundle.encoding import Value
from api.bundle.features import Category, Feature, LearnedCategory, Moment, Number
from api.bundle.moments import days

Warned = dict[str, Any]


def warnings(features: Sequence[Feature], row: Iterable[Value]) -> list[Warned]:
    """One for each value outside of the contract's range or categories."""
    return [
        warned for feature, value in zip(features, row, strict=True) if (warned := _warning(feature, value)) is not None
    ]


def sentence(warned: Warned) -> str:
    """A warning for people."""
    if "categories" in warned:
        return f"{warned['feature']} is none of {', '.join(warned['categories'])}"
    if "levels" in warned:
        return f"{warned['feature']} is none of the {warned['levels']} texts that training knew"
    ends = (warned[end] if isinstance(warned[end], str) else f"{warned[end]:g}" for end in ("minimum", "maximum"))
    return f"{warned['feature']} is outside {' to '.join(ends)}"


def _warning(feature: Feature, value: Value) -> Warned | None:
    usual = None if value is None else _unlike(feature, value)
    return None if usual is None else {"feature": feature.name, "value": value, **usual}


def _unlike(feature: Feature, value: Any) -> Warned | None:
    """The usual values, where the value is not one."""
    match feature:
        case Number() if not (isinstance(value, str) or feature.minimum <= value <= feature.maximum):
            return {"minimum": feature.minimum, "maximum": feature.maximum}
        case Moment() if not feature.usual[0] <= days(value, feature.reference) <= feature.usual[1]:
            return {"minimum": feature.minimum, "maximum": feature.maximum}
        case Category() if value not in feature.categories:
            return {"categories": feature.categories}
        case LearnedCategory() if value not in feature.places:
            return {"levels": len(feature.places)}
    return None
