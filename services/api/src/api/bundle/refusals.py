"""The faults of a request, by field; a value that was sent is never repeated."""

from collections.abc import Sequence

from pydantic_core import ErrorDetails, ValidationError

from api.bundle.near_names import near_name, printable
from api.errors import FieldError, InvalidInputError, TooLargeError

SHOWN = 20
"""Fields, or classes, that one answer names."""
_NEAR_SHOWN = 3


def refusal(
    error: ValidationError, *, skip: int = 0, optional: Sequence[str] = ()
) -> InvalidInputError | TooLargeError:
    """Say what was wrong without repeating what was sent.

    ``skip`` drops that many leading parts of a field's path. ``optional`` are fields that may be left out, and so are
    never missing where one was misspelt.
    """
    details = error.errors(include_input=False, include_url=False)
    first = details[0]
    if first["type"] == "too_long":
        return TooLargeError(
            f"at most {first['ctx']['max_length']} rows fit in one request, send the rest in another one"
        )
    shown: list[FieldError] = [
        {"field": _path(detail["loc"][skip:]), "message": _message(detail["type"], detail["msg"])}
        for detail in details[:SHOWN]
    ]
    for place, near in _near_names(details[:SHOWN], optional).items():
        shown[place]["message"] += f"; did you mean {near!r}?"
    fields = ", ".join(dict.fromkeys(entry["field"] for entry in shown))
    return InvalidInputError(f"{len(details)} of the request's values do not fit: {fields}", errors=shown)


def _near_names(details: Sequence[ErrorDetails], optional: Sequence[str]) -> dict[int, str]:
    """By the place of an unknown field in `details`: the missing or optional field beside it that it is spelt like.

    Comparing names is slow, so only a few unknown fields are looked at: the errors shown bound the names.
    """
    unknown = [place for place, detail in enumerate(details) if detail["type"] == "extra_forbidden"]
    found = {}
    for place in unknown[:_NEAR_SHOWN]:
        *parent, name = details[place]["loc"]
        missing = [str(one["loc"][-1]) for one in details if one["type"] == "missing" and [*one["loc"][:-1]] == parent]
        if near := near_name(name, [*missing, *optional]):
            found[place] = near
    return found


def _message(kind: str, message: str) -> str:
    if kind in {"less_than_equal", "greater_than_equal"}:
        return "Input is beyond the numbers the model can compute with"
    if kind == "bool_type":
        return "Input should be a valid boolean: true or false"
    return message


def _path(loc: tuple[int | str, ...]) -> str:
    """A client's own key may be in here, so it is cut and made printable."""
    return ".".join(printable(str(part)) for part in loc) or "body"
