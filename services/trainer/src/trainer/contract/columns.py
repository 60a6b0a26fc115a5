"""The columns of a contract: numbers, categories, booleans, dates and times; each may allow missing values."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator, model_validator

from trainer.contract.labels import ContractSection, Label, in_order, without_repeats
from trainer.contract.moments import Kind, days, moment
from trainer.contract.number_text import Format

KINDS = ("number", "category", "boolean", "date", "datetime")
DTYPES = ("float64", "int64")
SINGLE = 2**24
"""Up to here float32 holds every whole number. A column that goes beyond is scaled before it is float32."""
MOST_SEGMENTS = 20
"""Values of a column whose quality is judged value by value."""
MISSING, OTHER = "missing", "other"
"""Bins of reference.json for missing values and for unknown categories."""


class _Column(ContractSection):
    name: Label
    description: str
    nullable: bool = False
    """Whether a value may be missing; the pipeline fills the gap in."""

    def described(self) -> dict[str, Any]:
        """As the bundle's manifest has it."""
        return self.model_dump()


class Number(_Column):
    """A numeric column and the values it may have."""

    kind: Literal["number"] = "number"
    dtype: Literal["float64", "int64"]
    unit: str
    """The unit in words or symbols, e.g. cm; empty for a pure number."""
    minimum: float
    maximum: float
    """The allowed range, both ends included, in `unit`."""
    outside: Literal["refuse", "warn"] = Field(default="refuse", exclude=True)
    """Whether training rows outside the range are refused, or learnt from and counted. A draft says warn."""
    format: Format = Field(default="plain", exclude=True)
    """How the source writes the number: 1,234 is thousands, $5 currency, 12% percent, "1,5" decimal_comma.

    1.234,50 € is currency_decimal_comma, 12,5 % percent_decimal_comma. 175 cm is unit where `unit` is cm. With
    minutes, 1:30, 1h 30m and the time of day 1:30 AM are 90.
    """
    offset: float | None = None
    scale: float | None = None
    """Set in a manifest only: the model gets (value - offset) / scale, in float64. The training learns both."""

    @property
    def is_large(self) -> bool:
        return max(abs(self.minimum), abs(self.maximum)) > SINGLE

    def described(self) -> dict[str, Any]:
        """`offset` and `scale` are there where the column is scaled."""
        return self.model_dump(exclude={"offset", "scale"} if self.scale is None else None)

    @field_validator("dtype", mode="before")
    @classmethod
    def _supported(cls, value: Any) -> Any:
        if value not in DTYPES:
            raise ValueError(f"{value!r} is not supported; supported are {' and '.join(DTYPES)}")
        return value

    @model_validator(mode="after")
    def _range(self) -> Self:
        in_order(self.minimum, self.maximum)
        return self


class Category(_Column):
    """A column of texts: a fixed set, or those that the training finds."""

    kind: Literal["category"]
    categories: tuple[Label, ...] = ()
    """The allowed values; the order is that of the model's indices. `training/levels.py` fills in learned ones."""
    levels: Literal["learned"] | None = None
    """Used in place of `categories`: any text is a value, and the training learns the texts that the rows repeat."""
    unknown: Literal["refuse", "other"] = "refuse"
    """Whether any other text is refused, or answered as a category the model knows nothing about."""
    ordered: bool = False
    """Whether the categories are steps from low to high. The model then gets one number, the category's place."""
    segment: bool = Field(default=False, exclude=True)
    """Whether quality is judged for each category by itself; of at most 20."""

    def described(self) -> dict[str, Any]:
        """Learned levels are a file of their own; `levels` and `ordered` are there where they say something."""
        left_out = {"categories"} if self.levels else {"levels"}
        return self.model_dump(exclude=left_out if self.ordered else left_out | {"ordered"})

    @model_validator(mode="before")
    @classmethod
    def _learned_answers_any_text(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("levels") == "learned":
            if values.get("unknown", "other") != "other":
                raise ValueError("levels: learned answers any text; leave out unknown, or list categories")
            return {**values, "unknown": "other"}
        return values

    @model_validator(mode="after")
    def _one_source_of_categories(self) -> Self:
        if self.levels and (self.categories or self.ordered):
            raise ValueError("levels: learned stands in place of categories and ordered")
        if not self.levels and len(self.categories) < (1 if self.nullable else 2):
            raise ValueError(
                "categories: at least 2 are needed, or 1 with nullable: true, or levels: learned for any text"
            )
        if self.segment and not 2 <= len(self.categories) <= MOST_SEGMENTS:
            raise ValueError(f"segment: it needs at most {MOST_SEGMENTS} categories, which are listed")
        if self.ordered and self.unknown == "other":
            raise ValueError("ordered: an unknown category has no place in the order; it needs unknown: refuse")
        return self

    @model_validator(mode="after")
    def _bins_differ(self) -> Self:
        without_repeats(self.categories)
        taken = {MISSING} if self.nullable else set()
        taken |= {OTHER} if self.unknown == "other" else set()
        if clash := sorted(taken & set(self.categories)):
            raise ValueError(f"the category {clash[0]!r} has the name of the bin for values that are {clash[0]}")
        return self


class Boolean(_Column):
    """A column of true and false."""

    kind: Literal["boolean"]
    segment: bool = Field(default=False, exclude=True)
    """Whether quality is judged for each of the two values by itself."""


def _iso(value: Any) -> Any:
    # YAML reads 2026-11-28 as a date.
    return value.isoformat() if isinstance(value, date | datetime) else value


Iso = Annotated[str, BeforeValidator(_iso)]


class Moment(_Column):
    """A date or a time in ISO text. A time without a zone is in UTC."""

    kind: Kind
    minimum: Iso
    maximum: Iso
    """The usual range, both ends included; requests beyond it are answered with a warning."""
    outside: Literal["refuse", "warn"] = Field(default="refuse", exclude=True)
    """Whether training rows outside the range are refused, as for a number."""
    format: str | None = Field(default=None, exclude=True)
    """How the source writes it, as Python's strptime has it, e.g. "%d.%m.%Y"; without it as ISO text."""
    reference: Iso = ""
    """The day that the model's days are counted from; without it the day of the maximum."""

    @model_validator(mode="before")
    @classmethod
    def _reference(cls, values: Any) -> Any:
        if isinstance(values, dict) and not values.get("reference") and values.get("maximum"):
            return {**values, "reference": str(_iso(values["maximum"]))[:10]}
        return values

    @model_validator(mode="after")
    def _range(self) -> Self:
        moment(self.reference, "date")
        if moment(self.minimum, self.kind) >= moment(self.maximum, self.kind):
            raise ValueError(f"minimum {self.minimum} is not before maximum {self.maximum}")
        return self

    def days(self, text: str) -> float:
        """From the reference day."""
        return days(text, self.kind, self.reference)

    @property
    def range(self) -> tuple[float, float]:
        """The range in days from the reference day."""
        return self.days(self.minimum), self.days(self.maximum)


def _kind(value: Any) -> Any:
    return value.get("kind", "number") if isinstance(value, dict) else getattr(value, "kind", None)


Column = Annotated[
    Annotated[Number, Tag("number")]
    | Annotated[Category, Tag("category")]
    | Annotated[Boolean, Tag("boolean")]
    | Annotated[Moment, Tag("date")]
    | Annotated[Moment, Tag("datetime")],
    Discriminator(_kind, custom_error_type="kind", custom_error_message=f"kind should be one of {', '.join(KINDS)}"),
]
