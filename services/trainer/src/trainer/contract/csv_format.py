"""How a source writes its CSV: part of data/contract.yaml."""

import codecs
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from trainer.contract.labels import ContractSection

Quotes = Literal["strict", "none", "single", "backslash", "lines"]


class Csv(ContractSection):
    """The format of the source's CSV. The trainer's own files have commas, points and UTF-8."""

    separator: Annotated[str, StringConstraints(min_length=1, max_length=1)] = ","
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"
    """As Python names it, e.g. cp1252 or utf-16. A byte order mark is passed over."""
    missing: tuple[str, ...] = ("", "nan", "null", "none", "na", "n/a")
    """Cells that say "no value", upper or lower case."""
    header: Literal["first", "none"] = "first"
    """Whether the first row names the columns. Without a header they are called field_1, field_2 …"""
    skip: int = Field(default=0, ge=0, le=1000)
    """Lines before the header, e.g. a title or Excel's sep=;."""
    quotes: Quotes = "strict"
    """Whether a quote " encloses a cell, with a quote in it twice; none: it is a sign like any other, as in 5" pipe;
    single: ' encloses a cell; backslash: as strict, and a backslash stands before a quote or separator in a cell;
    lines: a quote encloses each line, and a quote in it stands there twice."""
    ragged: Literal["refuse", "skip"] = "refuse"
    """Whether rows with more or fewer cells than the header are refused, or left out and counted."""
    leave_out: tuple[str, ...] = ()
    """Rows whose first cell with text is one of these, e.g. Total, are left out and counted."""

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        try:
            name = codecs.lookup(encoding).name
        except LookupError:
            raise ValueError(f"{encoding!r} is not an encoding that Python knows") from None
        return "utf-8-sig" if name == "utf-8" else name

    @model_validator(mode="after")
    def _unambiguous(self) -> Self:
        if self.separator == self.decimal:
            raise ValueError(f"{self.separator!r} cannot be both separator and decimal")
        return self
