"""The parameters in the query of a native prediction.

A parameter of another name is passed over, as a proxy may add one, unless it looks like one of these misspelt: its
client would miss a part of the answer and not know why.
"""

from typing import NamedTuple
from urllib.parse import parse_qsl

from api.bundle.near_names import near_name, printable
from api.errors import BadRequestError


class AnswerOptions(NamedTuple):
    """The parts that an answer should also have."""

    explain: bool = False
    """Ask for the contribution of each column."""
    interval: bool = False
    """Ask for the interval of a regression's true value."""
    set: bool = False
    """Ask for the set of classes that holds the true one."""


NOTHING = AnswerOptions()
_FLAGS = {"true": True, "false": False}


def refuse_in_query(query: bytes) -> None:
    """Raises BadRequestError: the query of another protocol asks for a part that only its body can ask for."""
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name in AnswerOptions._fields and value != "false":
            raise BadRequestError(
                f"the parameter {name} in the query is read by /predict and /predict/batch; here set and interval are "
                "parameters in the body, and reasons are answered by POST /predict?explain=true alone"
            )


def asked_in(query: bytes) -> AnswerOptions:
    """Raises BadRequestError: a parameter is there twice, or is neither true nor false."""
    if not query:
        return NOTHING
    found: dict[str, bool] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name not in AnswerOptions._fields:
            if near := near_name(name, AnswerOptions._fields, cutoff=0.8):
                raise BadRequestError(f"unknown parameter {printable(name)!r}; did you mean {near!r}?")
            continue
        if name in found:
            raise BadRequestError(f"the parameter {name} is there twice")
        if value not in _FLAGS:
            raise BadRequestError(f"the parameter {name} must be true or false")
        found[name] = _FLAGS[value]
    return AnswerOptions(**found)
