"""The text of a CSV body."""

from api.errors import InvalidInputError


def decode(raw: bytes) -> str:
    """UTF-8, with or without a byte order mark.

    Raises:
        InvalidInputError: with the line that is not UTF-8.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        place, problem = f"line {line}", "is not UTF-8"
        raise InvalidInputError(f"{place}: {problem}", errors=[{"field": place, "message": problem}]) from None
