"""Names, classes and categories of a contract, and the rules that every part of it has in common."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

LONGEST = 256
"""Characters of a name, class or category."""


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


class ContractSection(BaseModel):
    """A part of the contract; an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def in_order(minimum: float, maximum: float) -> None:
    """Raises ValueError unless the minimum is below the maximum."""
    if minimum >= maximum:
        raise ValueError(f"minimum {minimum} is not below maximum {maximum}")


def without_repeats(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names unchanged. Raises ValueError where one is there twice."""
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is named twice")
    return names
