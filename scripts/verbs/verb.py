"""A verb of make: its program, its variables, and a call that works."""

from dataclasses import dataclass

from scripts.verbs.variables import READ_BY_PROGRAM, Variable, switch


@dataclass(frozen=True)
class Verb:
    """`program` is what follows `python -m`; `variables` are those that it takes."""

    program: tuple[str, ...]
    variables: tuple[Variable, ...] = ()
    example: str = ""
    """A call that works, without `make VERB`."""


STACK = Variable("STACK", READ_BY_PROGRAM, switch)
"""Whether the platform is that of the containers."""
