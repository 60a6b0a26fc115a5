"""The parameters in the query of a native prediction. A parameter of another name is passed over."""

from typing import NamedTuple
from urllib.parse import parse_qsl

from api.errors import BadRequestError


class Asked(NamedTuple):
    """The parts that an answer should also have."""

    explain: bool = False
    """How much each column contributed to it."""
    interval: bool = False
    """Of a regression: where the true value lies."""
    set: bool = False
    """Of a classification: the classes among which the true one is."""


NOTHING = Asked()
_FLAGS = {"true": True, "false": False}


def asked_in(query: bytes) -> Asked:
    """Raises BadRequestError: a parameter is there twice, or is neither true nor false."""
    if not query:
        return NOTHING
    found: dict[str, bool] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name not in Asked._fields:
            continue
        if name in found:
            raise BadRequestError(f"the parameter {name} is there twice")
        if value not in _FLAGS:
            raise BadRequestError(f"the parameter {name} must be true or false")
        found[name] = _FLAGS[value]
    return Asked(**found)
