"""A candidate of params.yaml: its estimator, its settings, and which values of them are tried."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from trainer.estimators import ESTIMATORS, FAMILIES, in_words
from trainer.thresholds import ParamsSection

Scalar = bool | int | float | str | None
Value = Scalar | list[Scalar] | dict[bool | int | float | str, Scalar]
OWN = "^[A-Za-z_][A-Za-z0-9_]*:[A-Za-z_][A-Za-z0-9_]*$"
"""module:function, of a file in models/"""


class Search(ParamsSection):
    """Settings are drawn, each better informed by those before; the same seed draws the same."""

    trials: int = Field(ge=1, le=1000)
    minutes: float = Field(default=10.0, gt=0)
    """After this time no further trial starts; the report then says how many were done."""
    space: dict[str, list[float] | list[str]] = Field(default_factory=dict)
    """Argument: [low, high] of numbers, or words to choose from. Without it the estimator's own ranges."""

    @field_validator("space")
    @classmethod
    def _rising(cls, space: dict[str, list[float] | list[str]]) -> dict[str, list[float] | list[str]]:
        for name, ends in space.items():
            numbers = [one for one in ends if not isinstance(one, str)]
            if numbers and not (len(numbers) == len(ends) == 2 and 0 < numbers[0] < numbers[1]):
                raise ValueError(f"{name} needs [low, high] with 0 < low < high, or words")
            if not ends:
                raise ValueError(f"{name} names no value")
        return space


class Inner(ParamsSection):
    """An estimator inside another."""

    estimator: str
    settings: dict[str, Value] = Field(default_factory=dict)

    @field_validator("estimator")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in ESTIMATORS and name not in FAMILIES:
            raise ValueError(f"{name!r} is none of {', '.join([*FAMILIES, *ESTIMATORS])}")
        return name


class Candidate(ParamsSection):
    """An entry of `candidates` in params.yaml: an estimator and the settings that are tried."""

    estimator: str
    """A name of `trainer.estimators`, or module:function of a file in models/ that returns an estimator."""
    settings: dict[str, Value] = Field(default_factory=dict)
    """Fixed arguments of the estimator, or of the function."""
    grid: dict[str, Annotated[list[Value], Field(min_length=1)]] = Field(default_factory=dict)
    """Argument: values to try. The best combination stands for the candidate."""
    search: Search | None = None
    of: list[Inner] = Field(default_factory=list, max_length=20)
    """The estimators that a vote, a stack or a calibration is made of."""

    @field_validator("of", mode="before")
    @classmethod
    def _by_name(cls, inner: Any) -> Any:
        many = inner if isinstance(inner, list) else [inner]
        return [{"estimator": one} if isinstance(one, str) else one for one in many]

    @field_validator("estimator")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in ESTIMATORS and name not in FAMILIES and not re.match(OWN, name):
            raise ValueError(
                f"{name!r} is none of {', '.join([*FAMILIES, *ESTIMATORS])}, and no module:function of models/"
            )
        return name

    @model_validator(mode="after")
    def _fitting(self) -> "Candidate":
        if self.search is not None and self.grid:
            raise ValueError("grid and search exclude each other")
        row = ESTIMATORS.get(FAMILIES.get(self.estimator, {}).get("classification", self.estimator))
        form = row.form if row else "alone"
        wanted = {"of one": len(self.of) == 1, "of several": len(self.of) >= 1}.get(form, not self.of)
        if not wanted:
            count = {"of one": "exactly one estimator", "of several": "at least one estimator"}.get(form, "nothing")
            raise ValueError(f"{self.estimator} needs {count} under `of`")
        return self

    @property
    def is_own(self) -> bool:
        return ":" in self.estimator

    @property
    def words(self) -> str:
        """Its name for people, with the estimators inside it."""
        if not self.of:
            return in_words(self.estimator)
        *first, last = (in_words(one.estimator) for one in self.of)
        listed = f"{', '.join(first)} and {last}" if first else last
        return re.sub("(several models|model)$", listed, in_words(self.estimator))


def spelt(settings: Mapping[str, Any]) -> str:
    """Settings in one line, with four digits of a drawn number."""
    return ", ".join(f"{name}={_short(value)}" for name, value in sorted(settings.items()))


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
