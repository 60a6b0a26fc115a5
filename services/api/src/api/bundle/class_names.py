"""The class that a client's literal names: its name in any case, the same number or truth value, or its index."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

Key = TypeVar("Key")

_LONGEST_NUMBER = 32
"""Characters of a text that is compared with the classes as a number."""


class ClassNames:
    """Finds classes. A class's name always wins: where one of the names is a number, an integer is never an index."""

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = classes
        self._names = frozenset(classes)
        self._numbers = _unambiguous(classes, number_of)
        self._truths = _unambiguous(classes, _truth_of)
        self._folded = _unambiguous(classes, str.casefold)
        self.has_indices = not any(number_of(name) is not None for name in classes)
        """Whether a client may give the index of a class in place of its name."""

    def find(self, literal: Any) -> str | None:
        """The class of a JSON value, or None.

        ``1`` and ``1.0`` name the class "1", and ``true`` the class "true" or "True"; a text its exact name, or the one
        class that it names in another case, as in training.
        """
        if isinstance(literal, str):
            return self._named(literal)
        if isinstance(literal, bool):
            return self._truths.get(literal)
        if not isinstance(literal, int | float):
            return None
        if self.has_indices:
            is_index = isinstance(literal, int) and 0 <= literal < len(self._classes)
            return self._classes[int(literal)] if is_index else None
        return self._numbers.get(literal)

    def find_text(self, text: str) -> str | None:
        """The class of a table's cell, or None.

        Its name as in JSON, or else what the cell is as a JSON value.
        """
        if (name := self._named(text)) is not None:
            return name
        truth, number = _truth_of(text), number_of(text)
        if truth is not None:
            return self.find(truth)
        if number is None:
            return None
        return self.find(int(text) if text.isdecimal() else number)

    def _named(self, text: str) -> str | None:
        return text if text in self._names else self._folded.get(text.casefold())


def typed_names(classes: Sequence[str]) -> list[Any]:
    """The names as the user's table has them: integers where all of them are written as integers, else texts."""
    try:
        integers = [int(name) for name in classes]
    except ValueError:
        return list(classes)
    return integers if [str(number) for number in integers] == list(classes) else list(classes)


def number_of(text: str) -> float | None:
    """The number that a text is, or None; Python's own notation (``1_0``) and infinities do not count."""
    if len(text) > _LONGEST_NUMBER or not text.isascii() or "_" in text:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _truth_of(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _unambiguous(names: Iterable[str], key_of: Callable[[str], Key | None]) -> dict[Key, str]:
    """Names by key, without the keys of two names."""
    found: dict[Key, list[str]] = {}
    for name in names:
        key = key_of(name)
        if key is not None:
            found.setdefault(key, []).append(name)
    return {key: one for key, (one, *others) in found.items() if not others}
