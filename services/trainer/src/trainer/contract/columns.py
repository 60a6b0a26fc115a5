"""The columns of a contract: numbers, categories, booleans; each may allow missing values."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    field_validator,
    model_validator,
)

from trainer.contract.number_text import Format

DTYPES = ("float64", "int64")
LONGEST = 256
"""Characters of a name, class or category."""
MISSING, OTHER = "missing", "other"
"""Bins of reference.json for what is no value and for what is no known category."""


def _text(value: Any) -> Any:
    # YAML reads yes, no, on and 1 as something else than the words people meant.
    if isinstance(value, bool | int | float):
        raise ValueError(f"{value!r} is not text to YAML; put it in quotes")  # noqa: TRY004 - pydantic's way
    return value


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError(f"{text!r} holds a character that cannot be printed")
    return text


Label = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST, strip_whitespace=True),
    AfterValidator(_printable),
    BeforeValidator(_text),
]
"""Name of a column, class or category: it becomes a field of JSON, a metric's label and a table's head."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Column(Part):
    name: Label
    description: str
    nullable: bool = False
    """Whether a value may be missing; the pipeline fills the gap in."""

    def described(self) -> dict[str, Any]:
        """As the bundle's manifest has it."""
        return self.model_dump()


class Number(_Column):
    kind: Literal["number"] = "number"
    dtype: Literal["float64", "int64"]
    unit: str
    """In words or symbols, e.g. cm; empty for a pure number."""
    minimum: float
    maximum: float
    """The allowed range, both ends included, in `unit`."""
    outside: Literal["refuse", "warn"] = Field(default="refuse", exclude=True)
    """What becomes of training rows outside the range: refused, or learnt from and counted. A draft says warn."""
    format: Format = Field(default="plain", exclude=True)
    """How the source writes the number: 1,234 is thousands, $5 currency, 12% percent, "1,5" decimal_comma."""

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
    kind: Literal["category"]
    categories: tuple[Label, ...] = ()
    """What a value may be; the order is that of the model's indices. `training/levels.py` fills in what is learned."""
    levels: Literal["learned"] | None = None
    """In place of `categories`: any text is a value, and the training learns the texts that the rows repeat."""
    unknown: Literal["refuse", "other"] = "refuse"
    """What becomes of any other text: refused, or answered as a category the model knows nothing about."""
    ordered: bool = False
    """Whether the categories are steps from low to high. The model then gets one number, the category's place."""

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
        if not self.levels and len(self.categories) < 2:
            raise ValueError("categories: at least 2 are needed, or levels: learned for any text")
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
    kind: Literal["boolean"]


def _kind(value: Any) -> Any:
    return value.get("kind", "number") if isinstance(value, dict) else getattr(value, "kind", None)


Column = Annotated[
    Annotated[Number, Tag("number")] | Annotated[Category, Tag("category")] | Annotated[Boolean, Tag("boolean")],
    Discriminator(_kind, custom_error_type="kind", custom_error_message="kind should be number, category or boolean"),
]


def in_order(minimum: float, maximum: float) -> None:
    if minimum >= maximum:
        raise ValueError(f"minimum {minimum} is not below maximum {maximum}")


def without_repeats(names: tuple[str, ...]) -> tuple[str, ...]:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ValueError(f"{name!r} is named twice")
    return names
