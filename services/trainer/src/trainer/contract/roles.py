"""Roles: what a column of the source is for, beside being something to learn from."""

from typing import Self

from pydantic import model_validator

from trainer.contract.labels import ContractSection, Label, without_repeats


class Roles(ContractSection):
    """Names of columns. They are kept in the processed data, and are features only where `columns` describes them."""

    id: tuple[Label, ...] = ()
    """Tell one row from another, e.g. a customer's number: for joining and the audit, never a feature."""
    time: Label | None = None
    """When the row was recorded; ISO text, or a number that grows with time."""
    group: Label | None = None
    """Rows of one group belong together, e.g. all visits of one patient."""
    weight: Label | None = None
    """How much the row counts; a number, zero or more."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every column with a role, once."""
        single = (self.time, self.group, self.weight)
        return tuple(dict.fromkeys((*self.id, *(name for name in single if name is not None))))

    @model_validator(mode="after")
    def _one_role_each(self) -> Self:
        # One column may be the time and the group, but an id that is anything else says two things.
        without_repeats(self.id)
        if self.weight in (self.time, self.group) and self.weight is not None:
            raise ValueError(f"weight: {self.weight!r} has another role already")
        return self
