"""The features of a manifest: numbers, categories, booleans, dates and times; each may allow missing values."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, FiniteFloat, PrivateAttr, Tag, model_validator

from api.bundle.moments import NUMBERS, days

MISSING, OTHER = "missing", "other"
TOP = 20
"""Learned levels with a bin of their own."""
Text = Annotated[str, Field(min_length=1)]


class ManifestSection(BaseModel):
    """A part of a bundle's files: strict types, no field beyond those named here."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)


class _Feature(ManifestSection):
    name: Text
    description: str
    nullable: bool = False
    """Whether null is a value; the model fills the gap in."""


class Number(_Feature):
    """A numeric feature; `minimum` and `maximum` are in `unit`."""

    kind: Literal["number"] = "number"
    dtype: Literal["float64", "int64"]
    unit: str
    minimum: FiniteFloat
    maximum: FiniteFloat
    offset: FiniteFloat = 0.0
    scale: Annotated[FiniteFloat, Field(gt=0)] = 1.0
    """For numbers beyond float32's exact range: the model takes (value - offset) / scale."""

    @property
    def is_scaled(self) -> bool:
        return (self.offset, self.scale) != (0.0, 1.0)

    def scaled(self, value: float) -> float:
        return (value - self.offset) / self.scale

    @model_validator(mode="after")
    def _range_is_not_empty(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"feature {self.name!r}: minimum is above maximum")
        return self


class Category(_Feature):
    """A feature with a known set of texts."""

    kind: Literal["category"]
    categories: Annotated[list[Text], Field(min_length=1)]
    """The categories in the order of the model's indices; a single one only beside missing values."""
    unknown: Literal["refuse", "other"]
    """How any other text is treated."""
    ordered: bool = False
    """Whether the categories are steps from low to high."""

    @model_validator(mode="after")
    def _categories_differ(self) -> Self:
        if len(self.categories) < 2 and not self.nullable:
            raise ValueError(f"feature {self.name!r}: one category alone, and no missing values")
        if len(set(self.categories)) < len(self.categories):
            raise ValueError(f"feature {self.name!r}: two categories have the same name")
        return self


class LearnedCategory(_Feature):
    """A category that takes any text; its levels are those that the training rows repeated."""

    kind: Literal["category"]
    levels: Literal["learned"]
    unknown: Literal["other"]
    _places: Mapping[str, float] = PrivateAttr(default={})

    def learn(self, levels: Sequence[str]) -> None:
        """Take the levels of the bundle's levels.json, in the order of the model's indices."""
        self._places = {level: float(place) for place, level in enumerate(levels)}

    @property
    def places(self) -> Mapping[str, float]:
        """The model's index of each level."""
        return self._places


class Boolean(_Feature):
    """A feature that is true or false."""

    kind: Literal["boolean"]


class Moment(_Feature):
    """A date or a time in ISO text."""

    kind: Literal["date", "datetime"]
    minimum: Text
    maximum: Text
    reference: Text
    """The day that the model's days are counted from."""

    @model_validator(mode="after")
    def _range_is_not_empty(self) -> Self:
        # A ValueError for a value that is not a moment is pydantic's own refusal.
        if self.usual[0] > self.usual[1]:
            raise ValueError(f"feature {self.name!r}: minimum is after maximum")
        return self

    @cached_property
    def usual(self) -> tuple[float, float]:
        """The usual range in days from the reference day."""
        return days(self.minimum, self.reference), days(self.maximum, self.reference)


def _kind(value: Any) -> Any:
    if isinstance(value, dict):
        return "learned" if "levels" in value else value.get("kind", "number")
    return "learned" if isinstance(value, LearnedCategory) else getattr(value, "kind", None)


Feature = Annotated[
    Annotated[Number, Tag("number")]
    | Annotated[Category, Tag("category")]
    | Annotated[LearnedCategory, Tag("learned")]
    | Annotated[Boolean, Tag("boolean")]
    | Annotated[Moment, Tag("date")]
    | Annotated[Moment, Tag("datetime")],
    Discriminator(_kind, custom_error_type="kind", custom_error_message="kind is none that this api knows"),
]


def is_plain(feature: Feature) -> bool:
    """A number that is always there goes into the model as it came."""
    return isinstance(feature, Number) and not (feature.nullable or feature.is_scaled)


def width(feature: Feature) -> int:
    """Columns of the model's table that a feature becomes; the first of them is the one that is counted in bins."""
    return NUMBERS[feature.kind] if isinstance(feature, Moment) else 1


def intake(feature: Feature) -> dict[str, Any]:
    """The part of a feature that a request depends on: all but the words for people and what the training found."""
    return feature.model_dump(
        exclude={"description", "unit", "minimum", "maximum", "offset", "scale", "reference", "ordered"}
    )


def limits(feature: Feature) -> tuple[float, float]:
    """The usual range of a feature as the model takes it; an index beyond the categories is an unknown one."""
    match feature:
        case Number():
            return feature.scaled(feature.minimum), feature.scaled(feature.maximum)
        case Moment():
            return feature.usual
        case Category():
            return 0.0, len(feature.categories) - 1.0
        case LearnedCategory():
            return 0.0, len(feature.places) - 1.0
        case Boolean():
            return 0.0, 1.0


def bins(feature: Feature, edges: int) -> list[str] | int:
    """The names that the bins of a feature's reference must have, or for a number how many there must be."""
    gap = [MISSING] if feature.nullable else []
    match feature:
        case Number() | Moment():
            return edges + 1 + len(gap)
        case Category():
            return [*feature.categories, *([OTHER] if feature.unknown == "other" else []), *gap]
        case LearnedCategory():
            top = [name for name in list(feature.places)[:TOP] if name not in (OTHER, MISSING)]
            return [*top, OTHER, *gap]
        case Boolean():
            return ["false", "true", *gap]


class Levels(ManifestSection):
    """The file levels.json: the texts that the training found in each column whose levels are learned."""

    format: Literal[1]
    features: dict[str, Annotated[list[Text], Field(min_length=1)]]
